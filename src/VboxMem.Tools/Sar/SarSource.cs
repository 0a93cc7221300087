using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Sar;

/// <summary>The machine of sar's first line.</summary>
internal readonly record struct SarMachine(string SystemName, string Release, string HostName, string Architecture, int CpuCount);

/// <summary>Takes readings of a tree. The number of CPUs is settled when it is made: one that appears later is not shown, as with sar.</summary>
internal sealed class SarSource
{
    /// <summary>sysstat's code for data that cannot be collected.</summary>
    private const int CannotCollect = 3;

    /// <summary>More CPUs than any Linux has.</summary>
    private const int MostCpus = 8192;

    private readonly ToolContext _context;
    private readonly SarReports _reports;

    /// <exception cref="ToolException">/proc/stat cannot be read or is malformed.</exception>
    internal SarSource(ToolContext context, SarReports reports)
    {
        _context = context;
        _reports = reports;
        Machine = new SarMachine(
            FirstLine("/proc/sys/kernel/ostype") ?? "Linux", FirstLine("/proc/sys/kernel/osrelease") ?? "unknown",
            FirstLine("/proc/sys/kernel/hostname") ?? "localhost", "x86_64", CountCpus());
    }

    internal SarMachine Machine { get; }

    /// <exception cref="ToolException">A file that is needed cannot be read or is malformed.</exception>
    internal SarReading Read()
    {
        var stat = Load<Stat>(Stat.Path, Stat.Parse);
        var uptime = Load<Uptime>(Uptime.Path, Uptime.Parse).Centiseconds;
        return new SarReading
        {
            UptimeCentiseconds = uptime,
            Time = _context.Clock?.Now ?? TimeOf(stat, uptime),
            Cpus = Rows(stat),
            BlockedTasks = stat.Blocked ?? 0,
            Traffic = Wants(SarReports.Paging | SarReports.Swapping) ? SarTraffic.From(Load<VmStat>(VmStat.Path, VmStat.Parse)) : default,
            Meminfo = Wants(SarReports.Memory | SarReports.SwapSpace) ? Load<Meminfo>(Meminfo.Path, Meminfo.Parse) : null,
            Load = Wants(SarReports.Load) ? Load<LoadAverages>(LoadAverages.Path, LoadAverages.Parse) : default,
            CpuPressure = ReadPressure(SarReports.CpuPressure, "cpu"),
            IoPressure = ReadPressure(SarReports.IoPressure, "io"),
            MemoryPressure = ReadPressure(SarReports.MemoryPressure, "memory"),
        };
    }

    private bool Wants(SarReports reports) => (_reports & reports) != 0;

    private PressureFile ReadPressure(SarReports report, string name) =>
        Wants(report) ? Load<PressureFile>($"{SarReading.PressureDirectory}/{name}", PressureFile.Parse) : default;

    private T Load<T>(string path, ProcParser<T> parse)
    {
        try
        {
            return ToolSession.Load(_context, path, parse, errno =>
                errno == Errno.None ? $"Cannot read {path}" : $"Cannot open {path}: {errno.Describe()}");
        }
        catch (ToolException failure)
        {
            throw new ToolException(failure.Message, CannotCollect);
        }
    }

    private static DateTime TimeOf(Stat stat, ulong uptimeCentiseconds)
    {
        const ulong end = 253_402_300_799;   // the last second of the year 9999
        var seconds = stat.BootTime ?? throw new ToolException($"{Stat.Path}: no btime, and no clock to tell the time by", CannotCollect);
        var uptime = uptimeCentiseconds / 100;
        if (seconds > end || uptime > end - seconds)
            throw new ToolException($"{Stat.Path}: btime {seconds} and an uptime of {uptime} s lie beyond the year 9999", CannotCollect);
        return DateTime.UnixEpoch.AddSeconds(seconds + uptime);
    }

    private CpuTicks[] Rows(Stat stat)
    {
        var rows = new CpuTicks[Machine.CpuCount + 1];
        rows[0] = stat.Total ?? throw new ToolException($"Cannot read {Stat.Path}: no line of all CPUs together", CannotCollect);
        foreach (var (cpu, ticks) in stat.Cpus)
        {
            if (cpu < Machine.CpuCount) rows[cpu + 1] = ticks;
        }

        return rows;
    }

    /// <summary>The highest number of a CPU, plus 1; 0 where no CPU has a line of its own.</summary>
    private int CountCpus()
    {
        var count = 0;
        foreach (var (cpu, _) in Load<Stat>(Stat.Path, Stat.Parse).Cpus)
        {
            if (cpu < MostCpus) count = Math.Max(count, cpu + 1);
        }

        return count;
    }

    private string? FirstLine(string path)
    {
        if (_context.Tree.TryRead(path, out var content) != Errno.None) return null;
        var line = content.Span;
        var end = line.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(end < 0 ? line : line[..end]);
    }
}
