using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Top;

/// <summary>A field that tasks can be sorted by.</summary>
/// <param name="Name">As -O lists it.</param>
/// <param name="Files">What has to be read for it.</param>
/// <param name="Compare">Ascending.</param>
internal sealed record TopSortKey(string Name, ProcessFiles Files, Comparison<TopTask> Compare)
{
    /// <summary>In the order of -O.</summary>
    internal static IReadOnlyList<TopSortKey> All { get; } =
    [
        Number("PID", static task => (ulong)task.Record.Pid),
        Number("PPID", static task => (ulong)task.Record.ParentPid),
        Number("UID", static task => task.Record.EffectiveUser),
        Text("USER", ProcessFiles.None, static task => task.User),
        Number("PGRP", static task => (ulong)task.Record.Stat.ProcessGroup),
        Text("TTY", ProcessFiles.None, static task => TerminalNames.Name(task.Record.Stat.Terminal)),
        Number("SID", static task => (ulong)task.Record.Stat.Session),
        new("PR", ProcessFiles.None, static (left, right) => left.Record.Stat.Priority.CompareTo(right.Record.Stat.Priority)),
        new("NI", ProcessFiles.None, static (left, right) => left.Record.Stat.Nice.CompareTo(right.Record.Stat.Nice)),
        Number("nTH", static task => (ulong)task.Record.Threads),
        Number("P", static task => (ulong)task.Record.Stat.Processor),
        Number("%CPU", static task => task.DeltaTicks),
        Number("TIME", static task => task.Ticks),
        Number("TIME+", static task => task.Ticks),
        Number("%MEM", static task => task.ResidentKilobytes),
        Number("VIRT", static task => task.VirtualKilobytes),
        Number("SWAP", static task => task.Record.Status.VmSwap, ProcessFiles.Status),
        Number("RES", static task => task.ResidentKilobytes),
        Number("CODE", static task => task.Record.Statm.Code),
        Number("DATA", static task => task.Record.Statm.Data),
        Number("SHR", static task => task.SharedKilobytes),
        Number("nMaj", static task => task.Record.Stat.MajorFaults),
        Number("nMin", static task => task.Record.Stat.MinorFaults),
        Number("S", static task => task.Record.State),
        Text("COMMAND", ProcessFiles.None, static task => ProcessText.Name(task.Record, isUtf8: true)),
        new("OOMa", ProcessFiles.OomScoreAdjustment, static (left, right) => left.Record.OomScoreAdjustment.CompareTo(right.Record.OomScoreAdjustment)),
        new("OOMs", ProcessFiles.OomScore, static (left, right) => left.Record.OomScore.CompareTo(right.Record.OomScore)),
        Number("USED", static task => task.Record.Status.VmRss + task.Record.Status.VmSwap, ProcessFiles.Status),
        Number("RSan", static task => task.Record.Status.RssAnon, ProcessFiles.Status),
        Number("RSfd", static task => task.Record.Status.RssFile, ProcessFiles.Status),
        Number("RSlk", static task => task.Record.Status.VmLocked, ProcessFiles.Status),
        Number("RSsh", static task => task.Record.Status.RssShmem, ProcessFiles.Status),
        Number("RSS", static task => task.Record.Rollup.Rss, ProcessFiles.Rollup),
        Number("PSS", static task => task.Record.Rollup.Pss, ProcessFiles.Rollup),
        Number("PSan", static task => task.Record.Rollup.PssAnon, ProcessFiles.Rollup),
        Number("PSfd", static task => task.Record.Rollup.PssFile, ProcessFiles.Rollup),
        Number("PSsh", static task => task.Record.Rollup.PssShmem, ProcessFiles.Rollup),
        Number("USS", static task => task.Record.Rollup.Uss, ProcessFiles.Rollup),
    ];

    internal static TopSortKey CpuTime { get; } = Find("%CPU")!;

    /// <summary>COMMAND where command lines are shown.</summary>
    internal static TopSortKey CommandLine { get; } =
        Text("COMMAND", ProcessFiles.CommandLine, static task => ProcessText.CommandLine(task.Record, isUtf8: true));

    internal static TopSortKey? Find(string name)
    {
        foreach (var key in All)
        {
            if (key.Name == name) return key;
        }

        return null;
    }

    private static TopSortKey Number(string name, Func<TopTask, ulong> value, ProcessFiles files = ProcessFiles.None) =>
        new(name, files, (left, right) => value(left).CompareTo(value(right)));

    private static TopSortKey Text(string name, ProcessFiles files, Func<TopTask, string> value) =>
        new(name, files, (left, right) => string.CompareOrdinal(value(left), value(right)));
}
