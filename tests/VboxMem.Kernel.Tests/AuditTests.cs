// Goal: the audit notices what a defect would do to the state.
// Method: spoil one thing of a healthy machine at a time, behind its back, and expect the audit to say so.

using System.Reflection;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Tests;

public sealed class AuditTests
{
    public static TheoryData<string> Defects => [.. _defects.Keys];

    private static readonly SortedDictionary<string, Action<Machine>> _defects = new(StringComparer.Ordinal)
    {
        ["a free page is forgotten"] = static machine => Zone(machine).Buddy.TryTake(0, MigrateType.Movable, out _),
        ["a free page is counted twice"] = static machine => Zone(machine).Stats.Add((int)ZoneStatItem.FreePages, 1),
        ["a block loses its tag"] = static machine => machine.Frames[machine.BootAllocations.Blocks[5].Block].Flags = 0,
        ["a block changes its owner"] = static machine => machine.Frames[machine.BootAllocations.Blocks[5].Block].SetHead(FrameOwner.Anonymous, 0),
        ["a page is freed that is still owned"] = static machine => machine.Allocator.Free(machine.BootAllocations.Blocks[5].Block),
        ["a page is allocated that nobody owns"] = static machine => machine.Allocator.TryAllocate(GfpFlags.Kernel, 0, FrameOwner.Kernel, out _),
        ["a pageblock changes its type"] = static machine =>
            machine.Frames.SetPageblockType(FreeBlock(machine, 9), MigrateType.HighAtomic),
        ["a free list's link back is wrong"] = static machine => machine.Frames[FreeBlock(machine, 0)].Previous = new Pfn(77),
        ["a per-CPU list's tail is wrong"] = static machine => SpoilPerCpuTail(Zone(machine).PerCpu[0]),
        ["managed pages are wrong"] = static machine => Zone(machine).ManagedPages++,
        ["the HighAtomic reserve is wrong"] = static machine => Zone(machine).ReservedHighAtomicPages += 512,
        ["memory is written that was never touched"] = static machine => machine.Frames[UntouchedBlock(machine)].Flags = 1,
        ["a slab has more objects alive than owners"] = static machine => machine.Slabs["dentry"].TryAllocate(GfpFlags.Kernel, out _),
        ["an object is freed that is still owned"] = static machine => machine.Slabs["dentry"].Free(new SlabObject(SlabOf(machine, "dentry"))),
        ["a slab's state is wrong"] = static machine => machine.Frames[machine.Slabs["dentry"].CpuSlabs[0].Active].Index = (uint)SlabState.Loose,
        ["a CPU forgets its partial slabs"] = static machine => ForgetPartialSlabs(machine),
        ["slab pages are counted wrongly"] = static machine => machine.Nodes[0].Stats.Add((int)NodeStatItem.SlabReclaimable, 1),
        ["kernel stacks are counted wrongly"] = static machine => machine.Nodes[0].Stats.Add((int)NodeStatItem.KernelStack, 4),
        ["an event is not counted"] = static machine => machine.Events.Count(VmEvent.PgFree),
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public void The_audit_notices_that(string defect)
    {
        using var machine = AMachine.Booted(256);
        Audit.Check(machine);
        _defects[defect](machine);
        Assert.StartsWith("audit: ", Assert.Throws<InvariantBrokenException>(() => Audit.Check(machine)).Message, StringComparison.Ordinal);
    }

    private static Zone Zone(Machine machine) => machine.Nodes[0][ZoneType.Dma32];

    private static Pfn FreeBlock(Machine machine, int order)
    {
        for (var type = MigrateType.Unmovable; type <= MigrateType.Reclaimable; type++)
        {
            if (Zone(machine).Buddy.First(order, type) is var block && block != Pfn.None)
            {
                return block;
            }
        }

        throw new InvalidOperationException($"no free block of order {order}");
    }

    private static Pfn UntouchedBlock(Machine machine)
    {
        for (var block = 0; block < machine.Frames.BlockCount; block++)
        {
            if (!machine.Frames.IsTouched(block) && machine.Frames.IsFreeLargestBlock(new Pfn((uint)block << 10), out _))
            {
                return new Pfn(((uint)block << 10) + 5);
            }
        }

        throw new InvalidOperationException("all memory was touched");
    }

    private static Pfn SlabOf(Machine machine, string cache)
    {
        var id = machine.Slabs[cache].Id;
        return machine.BootAllocations.Objects.First(holding => holding.Cache == id && holding.Slab != machine.Slabs[cache].CpuSlabs[0].Active).Slab;
    }

    private static void SpoilPerCpuTail(PerCpuPages pages)
    {
        var lists = (PageList[])typeof(PerCpuPages).GetField("_lists", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(pages)!;
        var index = Array.FindIndex(lists, static list => list.Count > 1);
        lists[index].Tail = lists[index].Head;
    }

    private static void ForgetPartialSlabs(Machine machine)
    {
        var cache = machine.Slabs["dentry"];
        cache.Free(new SlabObject(SlabOf(machine, "dentry")));   // a full slab joins the chain
        var cpus = (CpuSlab[])typeof(SlabCache).GetField("_cpuSlabs", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(cache)!;
        Assert.NotEqual(Pfn.None, cpus[0].Partial);
        cpus[0].Partial = Pfn.None;
        cpus[0].PartialSlabs = 0;
    }
}
