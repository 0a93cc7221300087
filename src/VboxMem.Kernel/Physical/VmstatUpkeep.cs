using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Physical;

/// <summary>
/// Folds a CPU's counters into the shared ones and gives its surplus free pages back: once a second, or at once when
/// stat_refresh is written (refresh_cpu_vm_stats; facts: physical memory, 3).
/// </summary>
public sealed class VmstatUpkeep(Node[] nodes, CpuContext cpus)
{
    /// <summary>One CPU's upkeep.</summary>
    /// <returns>True when there was anything to do.</returns>
    public bool Refresh(int cpu)
    {
        var changed = false;
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    var wasUsed = zone.Stats.Fold(cpu);
                    changed |= zone.PerCpu[cpu].Decay(zone.Node == cpus.NodeOf(cpu), wasUsed) || wasUsed;
                }
            }

            changed |= node.Stats.Fold(cpu);
        }

        return changed;
    }

    /// <summary>The upkeep of all CPUs.</summary>
    public void RefreshAll()
    {
        var current = cpus.Current;
        for (var cpu = 0; cpu < cpus.Count; cpu++)
        {
            cpus.SwitchTo(cpu);
            Refresh(cpu);
        }

        cpus.SwitchTo(current);
    }
}
