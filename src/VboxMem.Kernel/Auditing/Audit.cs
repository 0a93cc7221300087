// The full audit: recounts every class of pages, every list and every counter from its owners. Nothing is computed by
// subtraction. It throws at the first contradiction, which can only be a defect of the simulator.

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Auditing;

public static class Audit
{
    /// <summary>Recounts the whole machine. Slow.</summary>
    /// <param name="machine">The machine; it is not changed.</param>
    /// <param name="heldBlocks">Blocks that a test allocated and holds, besides the machine's own owners.</param>
    /// <exception cref="InvariantBrokenException">Something does not add up; the message says what.</exception>
    public static void Check(Machine machine, IReadOnlyCollection<Pfn>? heldBlocks = null)
    {
        var census = FrameCensus.Take(machine);
        var claims = new OwnerClaims(machine, heldBlocks ?? []);
        LruAudit.AddClaims(machine, claims);
        AddressSpaceAudit.AddClaims(machine, claims);
        SwapAudit.AddClaims(machine, claims);
        RmapAudit.AddClaims(machine, census, claims);
        PageCacheAudit.AddClaims(machine, census, claims);
        machine.Sockets.AddClaims(claims);
        CompactionAudit.AddClaims(machine, claims);
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    CheckFreeLists(machine.Frames, zone, census);
                    CheckPerCpuLists(machine.Frames, zone, census);
                    CheckHighAtomic(machine, zone);
                    Require(zone.Stats.LargestDelta <= ZoneLimits.LargestThreshold, $"a CPU holds back too much of {Name(zone)}");
                    Same($"managed pages of {Name(zone)}", zone.ManagedPages, census.ManagedPagesOf(zone.Extent.Index));
                }
            }
        }

        CheckUntouched(machine.Frames);
        CheckOwners(machine, census, claims);
        SlabAudit.Check(machine, census, claims);
        DirtyAudit.Check(machine, census);
        LruAudit.Check(machine, census);
        CompactionAudit.Check(machine);
        SwapAudit.Check(machine, census);
        RmapAudit.Check(machine, census);
        PageCacheAudit.Check(machine, census);
        AddressSpaceAudit.Check(machine);
        ThreadAudit.Check(machine);
        SchedulerAudit.Check(machine);
        CheckEvents(machine, census);
    }

    internal static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Claim claim)
    {
        if (!holds)
        {
            throw new InvariantBrokenException($"audit: {claim.ToStringAndClear()}");
        }
    }

    internal static void Same(string what, ulong kept, ulong counted) =>
        Require(kept == counted, $"{what}: kept {kept}, counted {counted}");

    /// <summary>A message that is put together only when its claim does not hold: an audit makes millions of claims.</summary>
    [InterpolatedStringHandler]
    internal ref struct Claim
    {
        private DefaultInterpolatedStringHandler _text;

        public Claim(int literalLength, int formattedCount, bool holds, out bool isNeeded)
        {
            isNeeded = !holds;
            _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount);
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public string ToStringAndClear() => _text.ToStringAndClear();
    }

    private static string Name(Zone zone) => $"node {zone.Node} zone {zone.Extent.Name}";

    private static void CheckFreeLists(PageFrames frames, Zone zone, FrameCensus census)
    {
        var (free, highAtomic, isolated) = (0UL, 0UL, 0UL);
        for (var order = 0; order <= PageGeometry.MaxOrder; order++)
        {
            for (var type = MigrateType.Unmovable; type <= MigrateType.Isolate; type++)
            {
                var pages = CountList(frames, zone, order, type);
                free += pages;
                highAtomic += type == MigrateType.HighAtomic ? pages : 0;
                isolated += type == MigrateType.Isolate ? pages : 0;
            }
        }

        Same($"free pages on lists of {Name(zone)}", free, census.PagesOf(zone.Extent.Index, FrameOwner.Free));
        Same($"nr_free_pages of {Name(zone)}", (ulong)zone.Stats.ReadExact((int)ZoneStatItem.FreePages), free - isolated);
        Same($"free HighAtomic pages of {Name(zone)}", (ulong)zone.FreeHighAtomicPages, highAtomic);
    }

    private static ulong CountList(PageFrames frames, Zone zone, int order, MigrateType type)
    {
        var blocks = 0U;
        var previous = Pfn.None;
        for (var block = zone.Buddy.First(order, type); block != Pfn.None; block = zone.Buddy.Following(block, order))
        {
            blocks++;
            Require(zone.Buddy.Preceding(block, order) == previous, $"{block} on list {order}/{type} does not lead back to {previous}");
            previous = block;
            Require(blocks <= zone.ManagedPages, $"list {order}/{type} of {Name(zone)} is a ring");
            Require(block.IsAlignedTo(order), $"free {block} of order {order} is not aligned");
            Require(frames.ZoneOf(block) == zone.Extent.Index, $"free {block} is on a list of {Name(zone)}");
            Require(frames.PageblockType(block) == type, $"free {block} is on list {type}, its pageblock is {frames.PageblockType(block)}");
            Require(IsFree(frames, block, order), $"{block} is on a free list of order {order} without being free");
            RequireNoFreeBuddy(frames, block, order);
        }

        Require(zone.Buddy.Last(order, type) == previous, $"list {order}/{type} of {Name(zone)} does not end at its tail");
        Same($"length of list {order}/{type} of {Name(zone)}", zone.Buddy.FreeBlocks(order, type), blocks);
        return (ulong)blocks << order;
    }

    private static bool IsFree(PageFrames frames, Pfn block, int order) => order == PageGeometry.MaxOrder
        ? frames.IsFreeLargestBlock(block, out _)
        : frames[block].IsFreeBlock(order);

    /// <summary>B2: merged as far as Linux always merges.</summary>
    private static void RequireNoFreeBuddy(PageFrames frames, Pfn block, int order) => Require(
        order >= PageGeometry.PageblockOrder || !IsFree(frames, block.Buddy(order), order),
        $"free {block} and its buddy of order {order} are not merged");

    private static void CheckPerCpuLists(PageFrames frames, Zone zone, FrameCensus census)
    {
        var total = 0UL;
        for (var cpu = 0; cpu < zone.PerCpu.Length; cpu++)
        {
            var pages = 0UL;
            for (var index = 0; index < PerCpuPages.Lists; index++)
            {
                var list = zone.PerCpu[cpu].ListAt(index, out var order);
                var blocks = 0U;
                var previous = Pfn.None;
                for (var block = list.Head; block != Pfn.None; block = frames[block].Next)
                {
                    Require(frames[block].Previous == previous, $"per-CPU {block} does not lead back to {previous}");
                    Require(frames.ZoneOf(block) == zone.Extent.Index, $"per-CPU {block} is on a list of {Name(zone)}");
                    previous = block;
                    Require(
                        frames[block].Owner == FrameOwner.PerCpuList && frames[block].Order == order,
                        $"{block} is on a per-CPU list of order {order} without being tagged so");
                    blocks++;
                }

                Require(list.Tail == previous, $"per-CPU list {index} of CPU {cpu} in {Name(zone)} does not end at its tail");
                Same($"per-CPU list {index} of CPU {cpu} in {Name(zone)}", list.Count, blocks);
                pages += (ulong)blocks << order;
            }

            Same($"per-CPU pages of CPU {cpu} in {Name(zone)}", (ulong)zone.PerCpu[cpu].CountPages, pages);
            total += pages;
        }

        Same($"per-CPU pages of {Name(zone)}", total, census.PagesOf(zone.Extent.Index, FrameOwner.PerCpuList));
    }

    private static void CheckHighAtomic(Machine machine, Zone zone)
    {
        var pages = 0UL;
        for (var pfn = zone.Extent.Start.AlignDown(PageGeometry.PageblockOrder); pfn < zone.Extent.End; pfn = pfn.Plus(PageGeometry.PageblockPages))
        {
            pages += machine.Frames.PageblockType(pfn) == MigrateType.HighAtomic ? PageGeometry.PageblockPages : 0;
        }

        Same($"HighAtomic pageblocks of {Name(zone)} (pages)", zone.ReservedHighAtomicPages, pages);
    }

    /// <summary>P2. Reading every descriptor of a huge machine would take longer than all the rest.</summary>
    private static void CheckUntouched(PageFrames frames)
    {
        const int mostBlocks = 1 << 12;   // 16 GiB
        for (var block = 0; block < frames.BlockCount && frames.BlockCount <= mostBlocks; block++)
        {
            Require(frames.IsTouched(block) || frames.IsPristine(block), $"4 MiB block {block} was written to without being touched");
        }
    }

    private static void CheckOwners(Machine machine, FrameCensus census, OwnerClaims claims)
    {
        foreach (var (block, owner, order, _) in census.Blocks)
        {
            if (owner is FrameOwner.Free or FrameOwner.PerCpuList or FrameOwner.Slab)
            {
                continue;   // their own lists were walked
            }

            Require(claims.TryTake(block, owner), $"{block} (order {order}) is tagged {owner}, and no owner claims it");
        }

        Require(claims.Remaining == 0, $"{claims.Remaining} blocks are claimed by owners but not tagged so, {claims.Example()} among them");
        var stacks = new SortedSet<Pfn>();
        foreach (var task in machine.Processes.Tasks)
        {
            Require(stacks.Add(task.Stack.Pages[0]), $"task {task.Pid} shares its stack");
        }

        Same("kernel stacks", (ulong)stacks.Count * 4, census.PagesOf(FrameOwner.KernelStack));
        Same("vmalloc pages", machine.Vmalloc.UsedPages, census.PagesOf(FrameOwner.Vmalloc) + census.PagesOf(FrameOwner.KernelStack));
        foreach (var node in machine.Nodes)
        {
            var stackPages = 0UL;
            foreach (var zone in node.Zones)
            {
                stackPages += census.PagesOf(zone.Extent.Index, FrameOwner.KernelStack);
            }

            Same($"nr_kernel_stack of node {node.Id} (KiB)", (ulong)node.Stats.ReadExact((int)NodeStatItem.KernelStack), stackPages * 4);
        }
    }

    /// <summary>Every page ever given to the allocator and not handed out since is free now.</summary>
    private static void CheckEvents(Machine machine, FrameCensus census)
    {
        var handedOut = 0UL;
        for (var kind = VmEvent.PgAllocDma; kind <= VmEvent.PgAllocDevice; kind++)
        {
            handedOut += machine.Events[kind];
        }

        var idle = census.PagesOf(FrameOwner.Free) + census.PagesOf(FrameOwner.PerCpuList);
        Same("pgfree minus pgalloc_*", machine.Events[VmEvent.PgFree] - handedOut - machine.Allocator.UncountedPages, idle);
    }
}
