namespace VboxMem.Tui;

/// <summary>What the user has chosen that more than one pane goes by.</summary>
public sealed class Choices
{
    /// <summary>The process under the cursor; 0: none yet.</summary>
    public int SelectedPid { get; set; }

    /// <summary>Tagged processes: actions act on all of them.</summary>
    public SortedSet<int> TaggedPids { get; } = [];

    /// <summary>The filter as it was typed; empty: none.</summary>
    public string FilterText { get; set; } = "";

    /// <summary>Seconds of history a column of a graph stands for.</summary>
    public int SecondsPerColumn { get; set; } = 1;
}
