using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Procfs.Debug;

/// <summary>Renders <c>/sys/kernel/debug/vbox/kswapd</c>: what each node's kswapd does, and its last run or the one under way.</summary>
internal static class KswapdFile
{
    private const int TimeWidth = 15;

    private static readonly Column[] _columns =
    [
        ("node", 4), ("state", 9), ("since_ns", TimeWidth), ("order", 5), ("zone", 7), ("wanted_order", 12), ("wanted_zone", 11), ("failures", 8),
        ("hopeless", 8), ("runs", 8), ("run_begin_ns", TimeWidth), ("run_end_ns", TimeWidth), ("run_order", 9), ("run_priority", 12),
        ("run_scanned", 11), ("run_reclaimed", 13),
    ];

    public static void Render(Machine machine, ProcText text)
    {
        var table = new Table(text, _columns);
        for (var node = 0; node < machine.Kswapds.Length; node++)
        {
            var state = machine.Kswapds[node].State;
            table.Cell((ulong)node).Cell(NameOf(state.Activity)).Cell(state.Since).Cell((ulong)state.Order).Cell(state.HighestZone.Name());
            table.Cell((ulong)state.WantedOrder).Cell(state.WantedZone?.Name() ?? "-").Cell((ulong)state.Failures);
            table.Cell(machine.Kswapds[node].IsHopeless);
            var run = state.Run;
            var isAny = run.Number > 0;
            table.Cell(run.Number).Cell(isAny ? run.Begin : null).Cell(isAny ? run.End : null).Cell(isAny ? (ulong)run.Order : null);
            table.Cell(isAny ? (ulong)Math.Max(run.Priority, 0) : null).Cell(isAny ? run.ScannedPages : null).Cell(isAny ? run.ReclaimedPages : null);
        }
    }

    private static string NameOf(KswapdActivity activity) => activity switch
    {
        KswapdActivity.Sleeping => "sleeping",
        KswapdActivity.Napping => "napping",
        _ => "balancing",
    };
}
