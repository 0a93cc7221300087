// The process table: a function of two readings and of what the user has chosen, nothing else.
//
// Invariants
//   P1  A process that was not there at the reading before, or that has the number of one which has ended, has used since then all that
//       it has used, as in top.
//   P2  Files that only some rows need (smaps_rollup, status, wchan) are read of the rows that are seen, unless order or filter go by them.
//
// Cost    one file a process, stat, and what P2 adds.
// Models  procps-ng's top for the shares of CPU time.

using VboxMem.Tools.Filters;
using VboxMem.Tools.Processes;
using VboxMem.Tools.Top;

namespace VboxMem.Tui.Readings;

internal sealed class ProcessTable
{
    /// <summary>What is read of every process.</summary>
    public const ProcessFiles BaseFiles = ProcessFiles.Stat;

    private readonly Reading _now;
    private readonly ProcessFiles _files;

    private ProcessTable(Reading now, ProcessFiles files) => (_now, _files) = (now, files);

    /// <summary>In order.</summary>
    public List<ProcessRow> Rows { get; private set; } = [];

    /// <summary>All processes by state, those that are not in the table among them.</summary>
    public TaskCounts Counts { get; private set; }

    /// <summary>Processes that wait for a disk and cannot be killed meanwhile.</summary>
    public int Uninterruptible { get; private set; }

    public int KernelThreads { get; private set; }

    /// <summary>Makes a table.</summary>
    /// <param name="view">The readings.</param>
    /// <param name="query">What is wanted.</param>
    /// <param name="folded">Processes of which no children are shown.</param>
    public static ProcessTable Make(ScreenView view, ProcessQuery query, IReadOnlySet<int> folded)
    {
        var files = BaseFiles | query.OrderFiles | (query.Filter?.Files ?? ProcessFiles.None);
        var table = new ProcessTable(view.Now, files);
        var rows = table.MakeRows(view);
        var shown = rows;
        if (query.Filter is not null || query.HidesKernelThreads) shown = Choose(rows, view, query);
        shown.Sort(OrderOf(query));
        table.Rows = query.IsTree ? ProcessTree.Arrange(shown, rows, folded) : shown;
        return table;
    }

    /// <summary>A row's figures with files that are not read of all.</summary>
    public ProcessRecord Details(ProcessRow row, ProcessFiles files) =>
        (files & ~_files) == 0 ? row.Record : _now.Process(row.Pid, files) ?? row.Record;

    /// <summary>The place of a process in the table; -1: it is not there.</summary>
    public int Find(int pid)
    {
        for (var i = 0; i < Rows.Count; i++)
        {
            if (Rows[i].Pid == pid) return i;
        }

        return -1;
    }

    /// <summary>Who is alike stands in the order of pids; where the largest come first, who has more memory is before that.</summary>
    private static Comparison<ProcessRow> OrderOf(ProcessQuery query)
    {
        var order = query.Order;
        if (!query.IsDescending) return (left, right) => order(left, right) is not 0 and var difference ? difference : left.Pid.CompareTo(right.Pid);
        return (left, right) =>
        {
            var difference = order(right, left);
            if (difference == 0) difference = right.ResidentKilobytes.CompareTo(left.ResidentKilobytes);
            return difference != 0 ? difference : left.Pid.CompareTo(right.Pid);
        };
    }

    private List<ProcessRow> MakeRows(ScreenView view)
    {
        var records = view.Now.Processes(_files);
        var earlier = view.Before?.Make("processes by pid", static reading => ByPid(reading)) ?? [];
        var seconds = earlier.Count > 0 ? view.ElapsedSeconds : 0;
        var accounts = view.Now.Accounts;
        var cpus = view.Now.Stat.Value?.Cpus.Count ?? 1;
        var memory = view.Now.Meminfo.Value?.MemTotal ?? 0;
        var rows = new List<ProcessRow>(records.Count);
        foreach (var record in records)
        {
            var before = earlier.GetValueOrDefault(record.Pid);
            if (before is not null && before.Stat.StartTicks != record.Stat.StartTicks) before = null;
            var delta = unchecked(record.Stat.OwnTicks - (before?.Stat.OwnTicks ?? 0));
            var percent = seconds > 0 ? TopTask.CpuPercentOf(delta, (float)seconds, cpus, record.Threads, isThread: false) : 0;
            var task = new TopTask(
                record, accounts.UserName(record.EffectiveUser), record.Stat.OwnTicks, delta, percent,
                memory > 0 ? record.Stat.ResidentPages * 400f / memory : 0);
            var row = new ProcessRow(task, accounts, before, seconds);
            Counts = Counts.With(record.State);
            if (record.State == (byte)'D') Uninterruptible++;
            if (row.IsKernelThread) KernelThreads++;
            rows.Add(row);
        }

        return rows;
    }

    private static Dictionary<int, ProcessRecord> ByPid(Reading reading)
    {
        var records = reading.Processes(BaseFiles);
        var byPid = new Dictionary<int, ProcessRecord>(records.Count);
        foreach (var record in records) byPid[record.Pid] = record;
        return byPid;
    }

    private static List<ProcessRow> Choose(List<ProcessRow> rows, ScreenView view, ProcessQuery query)
    {
        var chosen = new List<ProcessRow>(rows.Count);
        foreach (var row in rows)
        {
            if (query.HidesKernelThreads && row.IsKernelThread) continue;
            if (query.Filter is null || query.Filter.Matches(Figures(row, view))) chosen.Add(row);
        }

        return chosen;
    }

    private static ProcessFigures Figures(ProcessRow row, ScreenView view) => new(row.Record, view.Now.Accounts, view.Glyphs.IsUnicode)
    {
        CpuShare = row.CpuPercent is { } percent ? (decimal)percent / 100 : null,
        MemoryTotalKilobytes = view.Now.Meminfo.Value?.MemTotal,
        UptimeTicks = (ulong)Math.Max(view.Now.At.TotalMilliseconds / 10, 0),
        FaultsPerSecond = (decimal?)row.Faults,
        MajorFaultsPerSecond = (decimal?)row.MajorFaults,
    };
}
