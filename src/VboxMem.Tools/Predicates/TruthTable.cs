namespace VboxMem.Tools.Predicates;

/// <summary>Conditions of which some cannot be decided: false and unknown is false, true or unknown is true.</summary>
internal static class TruthTable
{
    internal static Truth Of(bool holds) => holds ? Truth.True : Truth.False;

    internal static Truth And(Truth first, Truth second) =>
        first == Truth.False || second == Truth.False ? Truth.False
        : first == Truth.True && second == Truth.True ? Truth.True
        : Truth.Unknown;

    internal static Truth Or(Truth first, Truth second) =>
        first == Truth.True || second == Truth.True ? Truth.True
        : first == Truth.False && second == Truth.False ? Truth.False
        : Truth.Unknown;

    internal static Truth Not(Truth truth) => truth switch
    {
        Truth.True => Truth.False,
        Truth.False => Truth.True,
        _ => Truth.Unknown,
    };
}
