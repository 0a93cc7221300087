using System.Globalization;
using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Log;

namespace VboxMem.Procfs.Debug;

/// <summary>
/// Renders <c>/sys/kernel/debug/vbox/oom</c>: whom the OOM killer had to choose from when it last reported, read back from the kernel's log.
/// No line where the log has no such report any more, or vm.oom_dump_tasks forbade it. Pages, where no unit is named.
/// </summary>
internal static class OomCandidates
{
    private const int FieldsBeforeName = 10;
    private const ulong PageBytes = 4096;

    private static readonly Column[] _columns =
    [
        ("time_ns", 15), ("pid", 7), ("tgid", 7), ("uid", 7), ("total_vm", 10), ("rss", 10), ("anon", 10), ("file", 10), ("shmem", 10),
        ("ptables", 8), ("swap", 10), ("adj", 5), ("badness_without_adj", 19), ("victim", 6), ("comm", 0),
    ];

    public static void Render(Machine machine, ProcText text)
    {
        var table = new Table(text, _columns);
        var (rows, victim) = LastReport(machine.Log);
        foreach (var (time, line) in rows)
        {
            if (TryParse(line, out var figures, out var name))
            {
                RenderRow(time, figures, name, victim, table);
            }
        }
    }

    private static void RenderRow(long time, long[] figures, string name, long victim, Table table)
    {
        var (pid, uid, tgid) = (figures[0], figures[1], figures[2]);
        var (rss, tableBytes, swap) = ((ulong)figures[4], (ulong)figures[8], (ulong)figures[9]);
        table.Cell(time).Cell(pid).Cell(tgid).Cell(uid).Cell(figures[3]).Cell(rss).Cell(figures[5]).Cell(figures[6]).Cell(figures[7]);
        table.Cell(tableBytes / PageBytes).Cell(swap).Cell(figures[10]).Cell(rss + swap + (tableBytes / PageBytes)).Cell(pid == victim).Cell(name);
    }

    /// <summary>The rows of the last report's table, with their times, and the victim's number; 0: nobody was chosen.</summary>
    private static (List<(long Time, string Line)> Rows, long Victim) LastReport(KernelLog log)
    {
        var rows = new List<(long, string)>();
        var victim = 0L;
        foreach (var record in log.RecordsFrom(0))
        {
            if (record.Facility != LogFacility.Kernel)
            {
                continue;
            }

            if (record.Text.IndexOf(" invoked oom-killer: "u8) >= 0)
            {
                rows.Clear();
                victim = 0;
            }
            else if (record.Text.StartsWith("["u8))
            {
                rows.Add((record.Nanoseconds, Encoding.UTF8.GetString(record.Text)));
            }
            else if (record.Text.StartsWith("oom-kill:"u8) && record.Text.IndexOf(",pid="u8) is var at and >= 0)
            {
                var digits = record.Text[(at + 5)..];
                _ = System.Buffers.Text.Utf8Parser.TryParse(digits, out victim, out _);
            }
        }

        return (rows, victim);
    }

    /// <summary>Takes a row apart: [pid] uid tgid total_vm rss anon file shmem, bytes of page tables, swap, adj, name.</summary>
    private static bool TryParse(string line, out long[] figures, out string name)
    {
        figures = new long[FieldsBeforeName + 1];
        name = "";
        var close = line.IndexOf(']', StringComparison.Ordinal);
        if (close < 0 || !TryNumber(line.AsSpan(1, close - 1), out figures[0]))
        {
            return false;
        }

        var rest = line.AsSpan(close + 1);
        for (var field = 1; field <= FieldsBeforeName; field++)
        {
            rest = rest.TrimStart(' ');
            var end = rest.IndexOf(' ');
            if (end < 0 || !TryNumber(rest[..end], out figures[field]))
            {
                return false;
            }

            rest = rest[end..];
        }

        name = rest[1..].ToString();
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
