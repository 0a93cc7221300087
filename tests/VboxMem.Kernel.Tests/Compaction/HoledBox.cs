using System.Text;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Compaction;

/// <summary>A machine of 256 MiB whose free memory is full of holes: half of the pages that a program had, or the kernel.</summary>
internal sealed class HoledBox : IDisposable
{
    public const ulong HolderPages = 42_000;

    /// <summary>Page cache that kswapd can free.</summary>
    private const ulong CachedPages = 2048;
    private readonly List<Pfn> _held = [];

    /// <param name="isMovable">Between the holes lie pages of a program; otherwise of the kernel, which cannot be moved.</param>
    /// <param name="settings">Tunables at boot.</param>
    public HoledBox(bool isMovable = true, params KeyValuePair<string, string>[] settings)
    {
        Machine = Machine.Boot(AMachine.Of(256) with
        {
            Disks = [new DiskConfiguration("vda", 1UL << 30, 400 << 20, 400 << 20, 100_000, 0, IsRotational: false)],
            Mounts = [new MountConfiguration("/mnt", 0)],
            VmSettings = [new("watermark_boost_factor", "0"), .. settings],
        });
        Assert.True(Machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "madvise"u8));
        Assert.True(Machine.TrySetThp(TransparentHugePages.IndexOf("defrag"), "madvise"u8));
        Machine.Spawn(new ScriptedProgram([Script.Open("/mnt/cached", CachedPages << 12), Script.ReadFile(0, CachedPages << 12)]));
        Run(200);
        if (isMovable)
        {
            MakeHoles();
        }
        else
        {
            HoldKernelPages();
        }

        Machine.Allocator.DrainAllPerCpuPages();
    }

    private HoledBox(Machine machine, List<Pfn> held)
    {
        Machine = machine;
        _held = held;
    }

    public Machine Machine { get; }

    /// <summary>Whose pages lie between the holes.</summary>
    public Process? Holder { get; private set; }

    public Zone Zone => Machine.Nodes[0][ZoneType.Dma32];

    public ulong this[VmEvent kind] => Machine.Events[kind];

    public ulong this[ReachedPath path] => Machine.Paths[path];

    /// <summary>Kernel pages that the test holds, for the audit.</summary>
    public IReadOnlyCollection<Pfn> Held => _held;

    public HoledBox Clone() => new(Machine.Clone(), _held);

    public void Dispose() => Machine.Dispose();

    public void Set(string name, string value) => Assert.Equal(SysctlResult.Done, Machine.Sysctls.Write(name, Encoding.ASCII.GetBytes(value)));

    /// <summary>A program that asks for huge pages, and writes to each page of them.</summary>
    public Process AskForHugePages(ulong hugePages, bool isAdvised = true)
    {
        List<ScriptLine> lines = [Script.Map(hugePages * 512)];
        if (isAdvised)
        {
            lines.Add(Script.Advise(0, 0, hugePages * 512, Advice.HugePage));
        }

        lines.Add(Script.Write(0, 0, hugePages * 512));
        return Machine.Spawn(new ScriptedProgram([.. lines]))!;
    }

    public void Run(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    /// <summary>Compacts for blocks of 8 pages, which are kept, until that is in vain.</summary>
    /// <returns>It would be worth a harder try then.</returns>
    public bool RunOutOfSmallBlocks()
    {
        var request = new AllocationRequest(GfpFlags.Kernel, 3, 0);
        var task = Machine.Processes[Scheduler.InitPid];
        var compaction = new DirectCompaction();
        for (var i = 0; i < 5000; i++)
        {
            compaction.Restart();
            compaction.Begin(request, CompactionPriority.SyncLight, ReserveFlags.None, takesNoTime: true);
            while (compaction.Step(Machine, task: null) != StepResult.Done)
            {
            }

            if (!compaction.TryFinish(Machine, out var block))
            {
                if (compaction.Result is CompactionResult.Complete or CompactionResult.PartialSkipped)
                {
                    return compaction.IsWorthAnotherRound(Machine, task, request) && compaction.Priority == CompactionPriority.Full;
                }

                continue;
            }

            Machine.Frames[block].SetHead(FrameOwner.Kernel, 3);
            Machine.Frames[block].ReferenceCount = 1;
            _held.Add(block);
        }

        return false;
    }

    /// <summary>The machine, with all that the test held given back.</summary>
    public Machine Release()
    {
        foreach (var block in _held)
        {
            Machine.Allocator.Free(block);
        }

        _held.Clear();
        return Machine;
    }

    public void Audit() => Auditing.Audit.Check(Machine, _held);

    /// <summary>Where each page of the holder lies, by its place in the area; pages it has not are left out.</summary>
    public List<(ulong Page, Pfn Frame)> FramesOfHolder()
    {
        var frames = new List<(ulong, Pfn)>();
        var start = (ulong)((ScriptedProgram)Holder!.Program!).Answers[0] >> 12;
        for (var page = start; page < start + HolderPages; page++)
        {
            var table = Machine.Memory.Tables.FindPteTable(Machine.Memory[Holder.MemoryId], page);
            if (table != Pfn.None && Machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)] is { IsPresent: true } entry)
            {
                frames.Add((page, entry.Pfn));
            }
        }

        return frames;
    }

    public uint LargeBlocks => Zone.Buddy.FreeBlocks(9) + (2 * Zone.Buddy.FreeBlocks(10));

    private void MakeHoles()
    {
        var lines = new List<ScriptLine> { Script.Map(HolderPages), Script.Write(0, 0, HolderPages) };
        for (var hole = 0UL; hole < HolderPages / 2; hole++)
        {
            // In no order, so that neighbours on the free list lie anywhere; nor every second page, which a scanner's stride would miss.
            lines.Add(Script.Advise(0, hole * 7919 % HolderPages, 1, Advice.DontNeed));
        }

        Holder = Machine.Spawn(new ScriptedProgram([.. lines]))!;
        Run(300);
        Assert.Equal(lines.Count, ((ScriptedProgram)Holder.Program!).Done);
        TakeLargeBlocks();
    }

    private void HoldKernelPages()
    {
        var all = new List<Pfn>();
        while (Zone.FreePages > 8000 && Machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.Movable, 0, FrameOwner.Kernel, out var page))
        {
            all.Add(page);
        }

        for (var i = 0; i < all.Count; i++)
        {
            if (i % 2 == 0)
            {
                Machine.Allocator.Free(all[i]);
            }
            else
            {
                _held.Add(all[i]);
            }
        }

        TakeLargeBlocks();
    }

    private void TakeLargeBlocks()
    {
        for (var pass = 0; pass < 3; pass++)
        {
            for (var order = PageGeometry.MaxOrder; order >= 3; order--)
            {
                TakeBlocks(Zone, GfpFlags.Dma32, order);
                TakeBlocks(Machine.Nodes[0][ZoneType.Dma], GfpFlags.Dma, order);
            }

            Machine.Allocator.DrainAllPerCpuPages();   // some were put into stock
        }
    }

    private void TakeBlocks(Zone zone, GfpFlags where, int order)
    {
        while (zone.Buddy.FreeBlocks(order) > 0
            && Machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.Movable | GfpFlags.MemAlloc | where, order, FrameOwner.Kernel, out var block))
        {
            _held.Add(block);
        }
    }
}
