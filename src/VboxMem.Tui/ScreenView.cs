using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;

namespace VboxMem.Tui;

/// <summary>
/// What panes draw from: a reading of now, one of the second before, the history, and what the user has chosen. A picture depends on
/// nothing else.
/// </summary>
public sealed class ScreenView
{
    public required ISource Source { get; init; }

    /// <summary>The reading that is shown.</summary>
    public required Reading Now { get; set; }

    /// <summary>A reading from up to a second earlier, for rates; null: there is none yet.</summary>
    public Reading? Before { get; set; }

    public required History History { get; init; }

    public required Glyphs Glyphs { get; init; }

    /// <summary>What the user has chosen, the same in all panes.</summary>
    public Choices Choices { get; } = new();

    /// <summary>Seconds between the two readings; 0: there is but one.</summary>
    public double ElapsedSeconds => Before is { } before ? (Now.At - before.At).TotalSeconds : 0;

    /// <summary>A counter's increase a second; null when it is not known.</summary>
    public double? Rate(ulong now, ulong? before) =>
        before is { } earlier && ElapsedSeconds > 0 ? (now >= earlier ? now - earlier : 0) / ElapsedSeconds : null;
}
