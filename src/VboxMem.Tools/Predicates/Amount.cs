namespace VboxMem.Tools.Predicates;

/// <summary>A number as it was read, or why there is none.</summary>
/// <param name="Value">In bytes, seconds, or as a plain number; a percentage as a fraction.</param>
/// <param name="Missing">Why there is no number; null: there is one.</param>
internal readonly record struct Amount(decimal Value, string? Missing)
{
    internal static Amount Of(decimal value) => new(value, null);

    internal static Amount None(string why) => new(0, why);
}

/// <summary>Whether something holds.</summary>
public enum Truth
{
    /// <summary>It cannot be said: a figure is not there, or not yet.</summary>
    Unknown,
    False,
    True,
}
