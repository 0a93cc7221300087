using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

/// <summary>What stands in a cell of the process table.</summary>
internal readonly record struct ProcessCell(string Text, Role Role = Role.Text);

/// <summary>A column of the process table.</summary>
/// <param name="Heading">Its name.</param>
/// <param name="Width">Columns of the screen; 0: all that is left.</param>
/// <param name="Rank">Who has a higher one makes room first.</param>
/// <param name="Files">What has to be read for it.</param>
/// <param name="IsDescending">Sorted by it, the largest comes first.</param>
/// <param name="Order">Ascending.</param>
/// <param name="Cell">What stands in it; told the row and its figures with <paramref name="Files"/>.</param>
internal sealed record ProcessColumn(
    string Heading, int Width, int Rank, ProcessFiles Files, bool IsDescending, Comparison<ProcessRow> Order,
    Func<ProcessRow, ProcessRecord, ProcessCell> Cell)
{
    /// <summary>In a few words, for the menu.</summary>
    public required string Description { get; init; }

    /// <summary>Texts begin at the left, numbers end at the right.</summary>
    public bool IsText { get; init; }
}
