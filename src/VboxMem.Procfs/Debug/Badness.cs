using VboxMem.Kernel;
using VboxMem.Kernel.Oom;
using VboxMem.Procfs.Pid;

namespace VboxMem.Procfs.Debug;

/// <summary>Renders <c>/sys/kernel/debug/vbox/badness</c>: what the OOM killer would add up for each process now. Pages.</summary>
internal static class Badness
{
    private static readonly Column[] _columns =
    [
        ("pid", 7), ("rss", 10), ("swap", 10), ("ptables", 8), ("adj", 5), ("adj_pages", 11), ("points", 11), ("score", 5), ("total", 10),
        ("protected", 9), ("comm", 0),
    ];

    public static void Render(Machine machine, ProcText text)
    {
        var table = new Table(text, _columns);
        foreach (var task in machine.Processes.Tasks)
        {
            if (Threads.TryFindProcess(machine, task.Pid, out var leader) && BadnessTerms.TryGet(machine, leader, out var terms))
            {
                table.Cell((ulong)leader.Pid).Cell(terms.ResidentPages).Cell(terms.SwapEntries).Cell(terms.PageTablePages);
                table.Cell((long)terms.OomScoreAdj).Cell(terms.AdjustmentPages).Cell(terms.Points).Cell(ProcessScore.Of(machine, leader));
                table.Cell(terms.TotalPages).Cell(NameOf(terms.Protection)).Cell(leader.Name);
            }
        }
    }

    private static string NameOf(OomProtection protection) => protection switch
    {
        OomProtection.IsInit => "init",
        OomProtection.Adjusted => "adj",
        OomProtection.Reaped => "reaped",
        OomProtection.Dying => "dying",
        _ => "-",
    };
}
