using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Procfs.Debug;

/// <summary>Renders <c>/sys/kernel/debug/vbox/lru</c>: sizes of the LRU lists, and the pages that have come, gone and moved since boot.</summary>
internal static class LruFile
{
    private const int Width = 11;

    private static readonly Column[] _columns =
    [
        ("node", 4), ("type", 4), ("active", Width), ("inactive", Width), ("isolated", Width), ("added", Width), ("freed", Width), ("taken", Width),
        ("activated", Width), ("deactivated", Width), ("rotated", Width), ("scanned", Width), ("reclaimed", Width), ("written", Width),
        ("refaulted", Width), ("refault_active", 14), ("restored", Width), ("unevictable", Width),
    ];

    public static void Render(Machine machine, ProcText text)
    {
        var table = new Table(text, _columns);
        foreach (var vector in machine.Lru.Vectors)
        {
            RenderType(machine.Nodes[vector.Node], vector, isFile: false, table);
            RenderType(machine.Nodes[vector.Node], vector, isFile: true, table);
        }
    }

    private static void RenderType(Node node, Lruvec vector, bool isFile, Table table)
    {
        ref readonly var flows = ref vector.FlowsOf(isFile);
        table.Cell((ulong)node.Id).Cell(isFile ? "file" : "anon");
        table.Cell(vector.SizePages(isFile ? LruList.ActiveFile : LruList.ActiveAnon));
        table.Cell(vector.SizePages(isFile ? LruList.InactiveFile : LruList.InactiveAnon));
        table.Cell(Exact(node, isFile ? NodeStatItem.IsolatedFile : NodeStatItem.IsolatedAnon));
        table.Cell(flows.Added).Cell(flows.Freed).Cell(flows.Taken).Cell(flows.Activated).Cell(flows.Deactivated).Cell(flows.Rotated).Cell(flows.Scanned);

        // Reclaim itself writes to swap alone: pages of files are the flusher's.
        table.Cell(flows.Reclaimed).Cell(isFile ? 0 : Exact(node, NodeStatItem.VmscanWrite));
        table.Cell(Exact(node, isFile ? NodeStatItem.WorkingsetRefaultFile : NodeStatItem.WorkingsetRefaultAnon));
        table.Cell(Exact(node, isFile ? NodeStatItem.WorkingsetActivateFile : NodeStatItem.WorkingsetActivateAnon));
        table.Cell(Exact(node, isFile ? NodeStatItem.WorkingsetRestoreFile : NodeStatItem.WorkingsetRestoreAnon));
        table.Cell(vector.SizePages(LruList.Unevictable));
    }

    private static long Exact(Node node, NodeStatItem item) => node.Stats.ReadExact((int)item);
}
