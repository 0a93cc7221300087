using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Debug;

/// <summary>
/// Renders <c>/sys/kernel/debug/vbox/pageblocks</c>: whose the frames of each pageblock are. Pageblocks in a row that are alike in everything
/// share a line.
/// </summary>
internal static class Pageblocks
{
    private const int PagesWidth = 8;

    private static readonly Column[] _columns =
    [
        ("pfn", 10), ("blocks", 8), ("node", 4), ("zone", 7), ("type", 11),
        .. Enum.GetValues<FrameOwner>().Select(static owner => new Column(NameOf(owner), PagesWidth)), ("hole", PagesWidth),
    ];

    public static void Render(Machine machine, ProcText text)
    {
        var table = new Table(text, _columns);
        var run = new Run();
        var owners = new PageblockOwners(machine);
        while (owners.MoveNext())
        {
            if (!run.GoesOnWith(owners))
            {
                run.Render(machine, table);
                run.Begin(owners);
            }

            run.Blocks++;
        }

        run.Render(machine, table);
    }

    private static string NameOf(FrameOwner owner) => owner switch
    {
        FrameOwner.None => "reserved",
        FrameOwner.Free => "free",
        FrameOwner.PerCpuList => "pcp",
        FrameOwner.Slab => "slab",
        FrameOwner.LargeKmalloc => "kmalloc",
        FrameOwner.KernelStack => "kstack",
        FrameOwner.Vmalloc => "vmalloc",
        FrameOwner.PerCpuArea => "percpu",
        FrameOwner.PageTable => "ptable",
        FrameOwner.Kernel => "kernel",
        FrameOwner.HugeTlb => "hugetlb",
        FrameOwner.Anonymous => "anon",
        FrameOwner.File => "file",
        FrameOwner.Shmem => "shmem",
        _ => throw new ArgumentOutOfRangeException(nameof(owner), owner, null),
    };

    /// <summary>Pageblocks that lie behind each other and are alike.</summary>
    private sealed class Run
    {
        private readonly uint[] _pages = new uint[PageblockOwners.OwnerCount];
        private Pfn _first;
        private byte _zone;
        private MigrateType _type;
        private uint _holePages;

        public ulong Blocks { get; set; }

        public void Begin(PageblockOwners owners)
        {
            (_first, _zone, _type, _holePages, Blocks) = (owners.Block, owners.Zone, owners.Type, owners.HolePages, 0);
            owners.Pages.CopyTo(_pages);
        }

        public bool GoesOnWith(PageblockOwners owners) =>
            Blocks > 0 && owners.Block.Index == _first.Index + (Blocks * PageGeometry.PageblockPages) && owners.Zone == _zone
            && owners.Type == _type && owners.HolePages == _holePages && owners.Pages.SequenceEqual(_pages);

        public void Render(Machine machine, Table table)
        {
            if (Blocks == 0)
            {
                return;
            }

            var zone = machine.Nodes[_zone / Zone.TypesPerNode].Zones[_zone % Zone.TypesPerNode];
            table.Cell(_first).Cell(Blocks).Cell((ulong)zone.Node).Cell(zone.Extent.Name).Cell(MigrateTypes.Names[(int)_type]);
            foreach (var pages in _pages)
            {
                table.Cell((ulong)pages);
            }

            table.Cell((ulong)_holePages);
        }
    }
}
