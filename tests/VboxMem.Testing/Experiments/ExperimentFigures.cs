// The figures of an experiment, by name, out of the texts of a run.
//
// Memory is in pages whatever file it comes from. A counter of vmstat is the difference to the moment "start"; its nr_* lines and
// all of meminfo are levels. A figure whose file, line or moment is absent is null.
//
//   free anon buffers shmem swap_cached     meminfo's line
//   cached                                  meminfo's Cached less Shmem: the page cache of files alone
//   swap_used                               SwapTotal less SwapFree
//   free_and_pcp                            free pages and those in the per-CPU lists of all zones
//   allocstall                              all allocstall_* together
//   nr_unwritten                            nr_dirty and nr_writeback: what a writer has left for the disk
//   meminfo:NAME                            any other line of meminfo
//   peak:NAME                               the largest NAME of vmstat in all samples and moments from start on
//   slab:CACHE                              objects of a slab cache in use
//   FIELD:COMM                              a line of /proc/PID/status or smaps_rollup, over all processes of that name
//   NAME                                    a line of vmstat

namespace VboxMem.Testing.Experiments;

public static class ExperimentFigures
{
    private const int KilobytesPerPage = 4;

    /// <summary>A figure by its name; the moment does not matter to a peak.</summary>
    public static long? Read(ExperimentTexts texts, string figure, string moment)
    {
        var colon = figure.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && figure[..colon] == "peak") return Peak(texts, figure[(colon + 1)..]);
        if (texts.At(moment) is not { } proc) return null;
        if (colon < 0) return Meminfo(proc, figure) ?? Counter(texts, proc, figure);

        var name = figure[(colon + 1)..];
        return figure[..colon] switch
        {
            "meminfo" => Pages(proc.Meminfo(name)),
            "slab" => proc.Slabs.FirstOrDefault(slab => slab.Name == name)?.ActiveObjects,
            var field => OfProcesses(proc, field, name),
        };
    }

    private static long? Meminfo(ProcTexts proc, string figure) => figure switch
    {
        "free" => Pages(proc.Meminfo("MemFree")),
        "anon" => Pages(proc.Meminfo("AnonPages")),
        "buffers" => Pages(proc.Meminfo("Buffers")),
        "shmem" => Pages(proc.Meminfo("Shmem")),
        "swap_cached" => Pages(proc.Meminfo("SwapCached")),
        "cached" => Pages(proc.Meminfo("Cached") - proc.Meminfo("Shmem")),
        "swap_used" => Pages(proc.Meminfo("SwapTotal") - proc.Meminfo("SwapFree")),
        "free_and_pcp" when proc.Zones.Count > 0 => proc.Zones.Sum(zone => zone.FreePages + zone.Pagesets.Sum(pageset => pageset.CountPages)),
        _ => null,
    };

    private static long? Counter(ExperimentTexts texts, ProcTexts proc, string figure)
    {
        if (figure == "nr_unwritten") return proc.Vmstat("nr_dirty") + proc.Vmstat("nr_writeback");
        if (figure.StartsWith("nr_", StringComparison.Ordinal)) return proc.Vmstat(figure);

        var start = texts.At(ExperimentTexts.Start);
        return figure == "allocstall"
            ? proc.VmstatSum("allocstall_") - start?.VmstatSum("allocstall_")
            : proc.Vmstat(figure) - start?.Vmstat(figure);
    }

    private static long? Peak(ExperimentTexts texts, string name)
    {
        long? peak = null;
        foreach (var proc in texts.Moments.Values) peak = Larger(peak, proc.Vmstat(name));
        foreach (var sample in texts.VmstatSamples)
        {
            if (sample.SinceStart < TimeSpan.Zero) continue;

            var counters = CapturedCounters.FromNameValueLines(sample.Text);
            peak = Larger(peak, counters.Has(name) ? counters[name] : null);
        }

        return peak;
    }

    private static long? OfProcesses(ProcTexts proc, string field, string comm)
    {
        long? sum = null;
        foreach (var process in proc.Processes)
        {
            if (process.Name == comm && process.Kilobytes(field) is { } kilobytes) sum = (sum ?? 0) + kilobytes;
        }

        return Pages(sum);
    }

    private static long? Pages(long? kilobytes) => kilobytes / KilobytesPerPage;

    private static long? Larger(long? left, long? right) => left is null || right > left ? right ?? left : left;
}
