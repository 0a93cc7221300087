// The files of /proc of one machine at one moment: text as the kernel, real or simulated, prints it, and figures read out of it.
//
// A file is named as under /proc, with '_' for '/': "meminfo", "vmstat", "zoneinfo", "slabinfo", "swaps", "pressure_memory".
// Files that were not taken are absent; asking for a figure of an absent file gives null, never zero.

namespace VboxMem.Testing.Experiments;

/// <summary>The files of <c>/proc/PID</c> of one process: "status", "smaps_rollup", "stat", "statm", "oom_score", "oom_score_adj".</summary>
public sealed record ProcessTexts(string Name, int Pid, IReadOnlyDictionary<string, string> Files)
{
    /// <summary>A line <c>Field: N kB</c> of status or, where status has none, of smaps_rollup, in kB; null where neither has it.</summary>
    public long? Kilobytes(string field)
    {
        foreach (var file in (ReadOnlySpan<string>)["status", "smaps_rollup"])
        {
            if (!Files.TryGetValue(file, out var text)) continue;

            foreach (var fields in Fields.OfLines(text))
            {
                if (fields.Length == 3 && fields[2] == "kB" && fields[0].Length == field.Length + 1
                    && fields[0].StartsWith(field, StringComparison.Ordinal) && long.TryParse(fields[1], out var kilobytes)) return kilobytes;
            }
        }

        return null;
    }
}

/// <summary>What /proc showed at one moment.</summary>
public sealed class ProcTexts
{
    private readonly IReadOnlyDictionary<string, string> _files;
    private readonly CapturedCounters? _meminfo;
    private readonly CapturedCounters? _vmstat;

    /// <param name="files">Text by file name, such as <c>meminfo</c>.</param>
    /// <param name="processes">The processes whose files were read; any order.</param>
    public ProcTexts(IReadOnlyDictionary<string, string> files, IReadOnlyList<ProcessTexts>? processes = null)
    {
        _files = files;
        Processes = processes ?? [];
        _meminfo = files.TryGetValue("meminfo", out var meminfo) ? CapturedCounters.FromMeminfo(meminfo) : null;
        _vmstat = files.TryGetValue("vmstat", out var vmstat) ? CapturedCounters.FromNameValueLines(vmstat) : null;
        Zones = files.TryGetValue("zoneinfo", out var zoneinfo) ? ZoneinfoReader.Read(zoneinfo).Zones : [];
        Slabs = files.TryGetValue("slabinfo", out var slabinfo) ? CapturedSlab.FromSlabinfo(slabinfo) : [];
    }

    public IReadOnlyList<ProcessTexts> Processes { get; }

    /// <summary>The zones of zoneinfo; empty where it was not taken.</summary>
    public IReadOnlyList<CapturedZone> Zones { get; }

    /// <summary>The caches of slabinfo; empty where it was not taken.</summary>
    public IReadOnlyList<CapturedSlab> Slabs { get; }

    /// <summary>A file as text, or null.</summary>
    public string? Text(string file) => _files.GetValueOrDefault(file);

    /// <summary>A line of meminfo in kB, or null.</summary>
    public long? Meminfo(string name) => _meminfo is { } meminfo && meminfo.Has(name) ? meminfo[name] : null;

    /// <summary>A line of vmstat, or null.</summary>
    public long? Vmstat(string name) => _vmstat is { } vmstat && vmstat.Has(name) ? vmstat[name] : null;

    /// <summary>The sum of the lines of vmstat that start so; null where there is none.</summary>
    public long? VmstatSum(string start)
    {
        long? sum = null;
        foreach (var name in _vmstat?.Names ?? [])
        {
            if (name.StartsWith(start, StringComparison.Ordinal)) sum = (sum ?? 0) + _vmstat![name];
        }

        return sum;
    }
}
