using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Swap;

// Goal: whatever order pages are made, swapped out, dropped, touched and unmapped in, the recount agrees after each step, and in the
// end nothing is left.
public sealed class SwapLifeTests
{
    private const int Pages = 1200;
    private const int Steps = 400;

    [Theory]
    [InlineData(1, true, 4)]
    [InlineData(2, true, 64)]
    [InlineData(3, false, 4)]
    [InlineData(4, false, 64)]
    public void Random_use_of_swap_keeps_its_books(ulong seed, bool isRotational, int mebibytes)
    {
        using var box = new SwapBox((mebibytes, isRotational, -1), (2, !isRotational, -1));
        var random = new Prng(seed, "swap life");
        for (var step = 0; step < Steps; step++)
        {
            Step(box, ref random);
            box.Audit();
        }

        box.Run(1000);
        for (var page = box.Area.StartPage; page < box.Area.EndPage;)
        {
            page = box.Machine.Zaps.Zap(box.Memory, box.Area, page, box.Area.EndPage);
        }

        box.Machine.Lru.DrainAll();
        box.Audit();
        Assert.Equal(0UL, box.Memory.SwapEntryPages);
        Assert.Equal(0UL, box.Memory.RssAnonPages);
    }

    [Fact]
    public void A_machine_with_swap_passes_the_whole_audit_and_swapoff_gives_its_memory_back()
    {
        using var machine = Machine.Boot(AMachine.Of(128) with { Disks = [SwapBox.ADisk("vda", 512, true), SwapBox.ADisk("vdb", 512, false)] });
        var before = machine.Vmalloc.UsedPages;

        Assert.True(machine.Swap.TrySwapOn(0));
        Assert.True(machine.Swap.TrySwapOn(1));
        Audit.Check(machine);
        Assert.Equal(before + 66, machine.Vmalloc.UsedPages);   // two maps of 32 pages, two arrays of pointers in one page each

        machine.Swap.Slots.Disable(machine.Swap.Areas[0]!);
        machine.Swap.Activation.Remove(machine.Swap.Areas[0]!);
        machine.Swap.Slots.Disable(machine.Swap.Areas[1]!);
        machine.Swap.Activation.Remove(machine.Swap.Areas[1]!);
        Audit.Check(machine);
        Assert.Equal(before, machine.Vmalloc.UsedPages);
    }

    private static void Step(SwapBox box, ref Prng random)
    {
        var first = (int)random.NextBelow(Pages - 64);
        var count = 1 + (int)random.NextBelow(48);
        switch (random.NextBelow(5))
        {
            case 0:
                MapUnmapped(box, first, count, isZero: random.NextBelow(8) == 0);
                break;
            case 1:
                SwapOutMapped(box, first, count * 2);
                break;
            case 2:
                box.Touch(first, count, random.NextBelow(2) == 0 ? TouchKind.Read : TouchKind.Write);
                box.Run(random.NextBelow(3));
                break;
            case 3:
                box.Run(1 + random.NextBelow(50));
                EvictClean(box, first, count);
                break;
            default:
                box.Machine.Cpus.SwitchTo((int)random.NextBelow((ulong)box.Machine.Cpus.Count));
                break;
        }
    }

    private static void MapUnmapped(SwapBox box, int first, int count, bool isZero)
    {
        for (var page = first; page < first + count; page++)
        {
            if (box.EntryOf(page).IsNone)
            {
                box.Map(page, isZero);
            }
        }
    }

    private static void SwapOutMapped(SwapBox box, int first, int count)
    {
        for (var page = first; page < Math.Min(first + count, Pages); page++)
        {
            var entry = box.EntryOf(page);
            if (!entry.IsPresent || entry.Has(EntryBits.Special) || box.Machine.Frames[entry.Pfn].HasAny(PageFlags.Writeback | PageFlags.Locked))
            {
                continue;
            }

            var isCached = box.Machine.Frames[entry.Pfn].Has(PageFlags.SwapCache);
            if (!isCached && !box.Swap.TryAdd(entry.Pfn))
            {
                continue;
            }

            Assert.Equal(UnmapResult.Unmapped, box.Machine.ReverseMap.TryUnmap(entry.Pfn));
            if (box.Machine.Frames[entry.Pfn].Has(PageFlags.Dirty))
            {
                box.Swap.Write(entry.Pfn);
            }
        }

        box.Swap.Plug.Flush();
    }

    private static void EvictClean(SwapBox box, int first, int count)
    {
        for (var page = first; page < first + count; page++)
        {
            var entry = box.EntryOf(page);
            var folio = entry.IsSwap ? box.Swap.FindInCache(entry.Swap) : Pfn.None;
            if (folio != Pfn.None && !box.Machine.Frames[folio].HasAny(PageFlags.Writeback | PageFlags.Locked | PageFlags.Dirty))
            {
                box.Evict(folio);
            }
        }
    }
}
