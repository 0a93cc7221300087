// What top reads again and again, and what it makes of two readings: the shares of CPU time between them.
//
// Invariants
//   T1  A task that was not there at the reading before has used all of its time since. One that says less than it did, another task with
//       the number of an old one, has used all there is, as in procps.
//   T2  On a tree that stands still nobody has used any time, and the CPUs were idle.
//
// Models  procps-ng 4.0.2 and 4.0.4: the first frame is made of two readings 0.15 s apart; facts: virtual memory and tools, 7.4.

using VboxMem.FileTree;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Processes;
using VboxMem.Tools.Uptimes;

namespace VboxMem.Tools.Top;

/// <summary>One frame of top: the model that it prints.</summary>
/// <param name="Uptime">The first line.</param>
/// <param name="Counts">All tasks, those not shown too.</param>
/// <param name="Cpu">Shares of CPU time.</param>
/// <param name="Cpus">The same of each CPU, by its number.</param>
/// <param name="Memory">Memory and swap.</param>
/// <param name="Tasks">In the order of /proc.</param>
public sealed record TopFrame(
    UptimeReport Uptime, TaskCounts Counts, CpuPercents Cpu, IReadOnlyList<KeyValuePair<int, CpuPercents>> Cpus,
    MemoryFigures Memory, IReadOnlyList<TopTask> Tasks);

/// <summary>Reads the frames of one tree.</summary>
public sealed class TopReading
{
    private const float TicksPerSecond = 100;
    private const float ShortestElapsedSeconds = 0.005f;

    private readonly ToolContext _context;
    private readonly ProcessReader _reader;
    private readonly Accounts _accounts;
    private readonly TopRequest _request;
    private readonly List<ProcessRecord> _records = [];
    private Dictionary<int, ulong> _ticksBefore = [];
    private Dictionary<int, CpuTicks> _cpusBefore = [];
    private CpuTicks _cpuBefore;
    private ulong _centisecondsBefore;

    internal TopReading(ToolContext context, TopRequest request)
    {
        _context = context;
        _request = request;
        _reader = new ProcessReader(context.Tree);
        _accounts = new Accounts(context.Tree);
    }

    internal Accounts Accounts => _accounts;

    /// <summary>Takes a reading that the next frame is compared with.</summary>
    /// <exception cref="ToolException">A file cannot be read or is malformed.</exception>
    public void Prime() => _ = Read();

    /// <summary>Reads a frame, compared with the reading before.</summary>
    /// <exception cref="ToolException">A file cannot be read or is malformed.</exception>
    public TopFrame Read()
    {
        var stat = ToolSession.Load<Stat>(_context, Stat.Path, Stat.Parse, static errno => Failure("failed /proc/stat open", errno));
        var memory = MemoryFigures.From(ToolSession.Load<Meminfo>(
            _context, Meminfo.Path, Meminfo.Parse, static errno => Failure("failed /proc/meminfo open", errno)));
        var uptime = UptimeReport.Read(_context);
        ReadRecords();

        var seconds = (uptime.Centiseconds - _centisecondsBefore) / TicksPerSecond;
        if (seconds < 0.01f) seconds = ShortestElapsedSeconds;
        var before = _ticksBefore;
        _ticksBefore = new Dictionary<int, ulong>(_records.Count);
        var counts = default(TaskCounts);
        var tasks = new List<TopTask>(_records.Count);
        foreach (var record in _records)
        {
            counts = counts.With(record.State);
            var ticks = record.Stat.OwnTicks;
            _ticksBefore[record.Pid] = ticks;
            var delta = unchecked(ticks - before.GetValueOrDefault(record.Pid));
            tasks.Add(new TopTask(
                record,
                _accounts.UserName(record.EffectiveUser),
                _request.AddsChildren ? record.Stat.AllTicks : ticks,
                delta,
                TopTask.CpuPercentOf(delta, seconds, stat.Cpus.Count, record.Threads, _request.ShowsThreads),
                (float)(record.Statm.Resident * 4) * 100 / memory.Total));
        }

        var cpus = stat.Cpus.Select(cpu => KeyValuePair.Create(cpu.Key, CpuPercents.Between(_cpusBefore.GetValueOrDefault(cpu.Key), cpu.Value))).ToArray();
        var frame = new TopFrame(uptime, counts, CpuPercents.Between(_cpuBefore, stat.Total ?? default), cpus, memory, tasks);
        _cpusBefore = [];
        foreach (var (cpu, ticks) in stat.Cpus) _cpusBefore[cpu] = ticks;
        (_cpuBefore, _centisecondsBefore) = (stat.Total ?? default, uptime.Centiseconds);
        return frame;
    }

    private static string Failure(string what, Errno errno) => errno == Errno.None ? what : $"{what}: {errno.Describe()}";

    private void ReadRecords()
    {
        if (_request.Pids.Count > 0)
        {
            _records.Clear();
            foreach (var pid in _request.Pids)
            {
                if (_request.ShowsThreads) _reader.ReadThreads(pid, _request.Files, _records);
                else if (_reader.TryRead(pid, _request.Files) is { } record) _records.Add(record);
            }

            return;
        }

        var errno = _request.ShowsThreads
            ? _reader.TryReadAllThreads(_request.Files, _records)
            : _reader.TryReadAll(_request.Files, _records);
        if (errno != Errno.None) throw new ToolException($"failed openproc: {errno.Describe()}");
    }
}
