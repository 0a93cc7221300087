using System.Text;

namespace VboxMem.Tui.Why;

/// <summary>Figures of meminfo and vmstat by name, now and at the reading before.</summary>
internal sealed class CounterFigures(ScreenView view)
{
    public double ElapsedSeconds => view.ElapsedSeconds;

    /// <summary>Which file is missing; empty: none.</summary>
    public string Problem => view.Now.Meminfo.Problem.Length > 0 ? view.Now.Meminfo.Problem : view.Now.VmStat.Problem;

    public ulong? Find(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        return view.Now.Meminfo.Value?.Fields[bytes] ?? view.Now.VmStat.Value?.Fields[bytes];
    }

    public ulong? FindBefore(string name)
    {
        if (view.Before is not { } before) return null;
        var bytes = Encoding.UTF8.GetBytes(name);
        return before.Meminfo.Value?.Fields[bytes] ?? before.VmStat.Value?.Fields[bytes];
    }

    public bool IsMeminfo(string name) => view.Now.Meminfo.Value?.Fields[Encoding.UTF8.GetBytes(name)] is not null;

    public string UnitOf(string name) => IsMeminfo(name)
        ? name.StartsWith("HugePages_", StringComparison.Ordinal) ? "" : " kB"
        : name == "nr_kernel_stack" ? " kB" : VmstatGaugeMeanings.IsGauge(name) ? " pages" : "";
}
