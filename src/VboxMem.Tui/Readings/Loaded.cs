using System.Diagnostics.CodeAnalysis;

namespace VboxMem.Tui.Readings;

/// <summary>A model that was read, or why there is none: a pane shows the one or the other.</summary>
/// <param name="Value">The model; null: there is none.</param>
/// <param name="Problem">Why not, naming the file; empty when there is one.</param>
public readonly record struct Loaded<T>(T? Value, string Problem)
    where T : class
{
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsThere => Value is not null;
}
