using VboxMem.Tools.Processes;
using VboxMem.Tools.Top;

namespace VboxMem.Tui.Readings;

/// <summary>A process of a <see cref="ProcessTable"/>: what two readings say of it, and where in the tree it stands.</summary>
internal sealed class ProcessRow(TopTask task, Accounts accounts, ProcessRecord? before, double seconds)
{
    private const ulong KernelThreadFlag = 0x0020_0000;
    private const ulong ExitingFlag = 0x4;
    private const ulong SigKillBit = 1UL << 8;

    /// <summary>Figures of the reading, with at least the files that the table was read with.</summary>
    public ProcessRecord Record => Task.Record;

    public TopTask Task { get; } = task;

    public int Pid => Record.Pid;

    /// <summary>As stat tells it, which statm agrees with.</summary>
    public ulong ResidentKilobytes => Record.Stat.ResidentPages * 4;

    public ulong VirtualKilobytes => Record.Stat.VirtualBytes / 1024;

    /// <summary>The effective user, by figures that have it.</summary>
    public string UserOf(ProcessRecord details) => accounts.UserName(details.EffectiveUser);

    /// <summary>Share of one CPU in per cent; null: there is but one reading.</summary>
    public float? CpuPercent => seconds > 0 ? Task.CpuPercent : null;

    /// <summary>Minor faults a second; one that was not there before has made all of its faults since.</summary>
    public double? Faults { get; } = Rate(task.Record.Stat.MinorFaults, before?.Stat.MinorFaults ?? 0, seconds);

    public double? MajorFaults { get; } = Rate(task.Record.Stat.MajorFaults, before?.Stat.MajorFaults ?? 0, seconds);

    public bool IsKernelThread => (Record.Stat.Flags & KernelThreadFlag) != 0;

    /// <summary>It has been killed, or ends by itself: a zombie, one on its way out, one that SIGKILL waits for.</summary>
    public bool IsEnding(ProcessRecord details) => Record.State is (byte)'Z' or (byte)'X'
        || (Record.Stat.Flags & ExitingFlag) != 0
        || ((details.Status.PendingForProcess ?? 0) & SigKillBit) != 0
        || ((details.Status.PendingForThread ?? 0) & SigKillBit) != 0;

    /// <summary>How deep in the tree; 0 in a table that is none.</summary>
    public int Depth { get; set; }

    /// <summary>The last child of its parent.</summary>
    public bool IsLastChild { get; set; }

    /// <summary>Bit n: the line of the ancestor at depth n goes on below this row.</summary>
    public ulong Trunks { get; set; }

    /// <summary>Processes that are folded away below this one.</summary>
    public int FoldedCount { get; set; }

    /// <summary>It has children in the table, folded or not.</summary>
    public bool HasChildren { get; set; }

    private static double? Rate(ulong now, ulong before, double seconds) => seconds > 0 ? (now >= before ? now - before : now) / seconds : null;
}
