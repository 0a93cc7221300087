namespace VboxMem.Tui.Panes;

/// <summary>All panes, in the order of Tab and of the menu.</summary>
internal static class PaneList
{
    /// <summary>Panes that the digits 1 to 9 and 0 open.</summary>
    public static IReadOnlyList<string> ByDigit { get; } =
        ["overview", "top", "vmstat", "zoneinfo", "dmesg", "slabtop", "pressure", "lru", "map", "free"];

    public static List<Pane> Create() =>
    [
        new VmstatPane(),
        new ZoneinfoPane(),
        new DmesgPane(),
        new SlabtopPane(),
        new FreePane(),
        new CountersPane(),
        new WhoSaysWhatPane(),
        new HelpPane(),
    ];
}
