// What is worth telling of a run afterwards: who was killed, how low and how high memory went, what the box died of.
//
// It looks at the box between two steps of the run and changes nothing.
//
// Invariants
//   R1  Every record of the kernel's log is seen once, unless so much was logged in one step that the log has lost it.
//
// Units    pages of 4 KiB. Peaks are those of the looks: a step is at most a second.

using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;

namespace VboxMem.Session;

public sealed class RunWatch
{
    private readonly Machine _machine;
    private readonly List<OomKill> _kills = [];
    private ulong _nextRecord;

    /// <param name="machine">The machine, before the run: what is in its log by now is not part of it.</param>
    public RunWatch(Machine machine)
    {
        _machine = machine;
        _nextRecord = machine.Log.NextSequence;
        LeastFreePages = LeastAvailablePages = long.MaxValue;
        Look();
    }

    /// <summary>Who was killed for want of memory, in order.</summary>
    public IReadOnlyList<OomKill> Kills => _kills;

    /// <summary>What the kernel said when it panicked; null: it has not.</summary>
    public string? Panic { get; private set; }

    public long LeastFreePages { get; private set; }

    public long LeastAvailablePages { get; private set; }

    public long MostSwapUsedPages { get; private set; }

    /// <summary>Dirty and under writeback.</summary>
    public long MostDirtyPages { get; private set; }

    /// <summary>Takes note of how the box is now.</summary>
    public void Look()
    {
        var memory = MemoryInfo.Of(_machine);
        LeastFreePages = Math.Min(LeastFreePages, memory.FreePages);
        LeastAvailablePages = Math.Min(LeastAvailablePages, memory.AvailablePages);
        MostSwapUsedPages = Math.Max(MostSwapUsedPages, _machine.Swap.ShownTotalPages - _machine.Swap.ShownFreePages);
        MostDirtyPages = Math.Max(MostDirtyPages, memory[NodeStatItem.Dirty] + memory[NodeStatItem.Writeback]);
        foreach (var record in _machine.Log.RecordsFrom(_nextRecord))
        {
            Note(record);
            _nextRecord = record.Sequence + 1;
        }
    }

    private void Note(in LogRecord record)
    {
        if (OomKill.TryParse(record) is { } kill)
        {
            _kills.Add(kill);
        }
        else if (record.Level == LogLevel.Emergency && record.Text.StartsWith("Kernel panic - "u8))
        {
            Panic = Encoding.UTF8.GetString(record.Text);
        }
    }
}
