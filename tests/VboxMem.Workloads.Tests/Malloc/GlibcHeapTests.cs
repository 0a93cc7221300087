// Goal: the heap asks the kernel for what glibc asks for, and no address is given twice.
// Method: a kernel of three calls (brk, mmap, munmap) that only keeps sizes, and the steps of a measured program (facts: virtual
// memory, 2): the growth of VmSize after each.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Tests.Malloc;

public sealed class GlibcHeapTests
{
    private const ulong Kilobyte = 1024;
    private const ulong Mebibyte = 1024 * Kilobyte;
    private const ulong HeapStart = 0x55_5555_5000;

    private readonly GlibcHeap _heap = new();
    private ulong _brk = HeapStart;
    private ulong _mapped;
    private ulong _nextMapping = 0x7fff_0000_0000;

    private long VirtualKilobytes => (long)((_brk - HeapStart + _mapped) / Kilobyte);

    [Fact]
    public void The_first_small_allocation_grows_the_heap_by_132_kilobytes()
    {
        Malloc(1);
        Assert.Equal(132, VirtualKilobytes);
        Malloc(1000);
        Assert.Equal(132, VirtualKilobytes);
    }

    [Fact]
    public void A_large_allocation_gets_a_mapping_of_its_own()
    {
        Malloc(131072);
        Assert.Equal((132UL * Kilobyte, HeapStart), (_mapped, _brk));
    }

    [Fact]
    public void The_threshold_follows_a_freed_mapping()
    {
        Malloc(1);
        var before = VirtualKilobytes;
        var first = Malloc(8 * Mebibyte);
        Assert.Equal(before + 8196, VirtualKilobytes);
        Free(first);
        Assert.Equal(before, VirtualKilobytes);

        // The second one comes from the heap, and its end is kept: 8 MiB is below the new trim threshold of 16.
        var second = Malloc(8 * Mebibyte);
        Assert.Equal(0UL, _mapped);
        Assert.InRange(VirtualKilobytes - before, 8192, 8330);
        Free(second);
        Assert.InRange(VirtualKilobytes - before, 8192, 8330);
        Finish(_heap.TrimEnd());
        Assert.InRange(VirtualKilobytes - before, -132, 4);
    }

    [Fact]
    public void Above_32_MiB_every_allocation_is_a_mapping()
    {
        for (var round = 0; round < 3; round++)
        {
            var address = Malloc(64 * Mebibyte);
            Assert.Equal(65540UL * Kilobyte, _mapped);
            Free(address);
            Assert.Equal(0UL, _mapped);
        }
    }

    [Fact]
    public void A_chunk_at_the_end_pins_the_heap()
    {
        var addresses = new List<ulong>();
        for (var i = 0; i < 20000; i++)
        {
            addresses.Add(Malloc(1000));
        }

        var full = VirtualKilobytes;
        Assert.InRange(full, 19_687, 19_900);
        for (var i = 0; i < addresses.Count - 1; i++)
        {
            Free(addresses[i]);
        }

        Assert.Equal(full, VirtualKilobytes);
        Finish(_heap.TrimEnd());
        Assert.InRange(VirtualKilobytes, full - 132, full - 100);
        Assert.True(_heap.TryNextHole(0, out _, out var hole));
        Assert.InRange(hole / Kilobyte, 19_600UL, 19_690UL);
        Free(addresses[^1]);
        Assert.InRange(VirtualKilobytes, 100, 140);
    }

    [Fact]
    public void Every_second_free_chunk_leaves_no_whole_page()
    {
        var addresses = new List<ulong>();
        for (var i = 0; i < 20000; i++)
        {
            addresses.Add(Malloc(1000));
        }

        for (var i = 0; i < addresses.Count; i += 2)
        {
            Free(addresses[i]);
        }

        Assert.False(_heap.TryNextHole(0, out _, out _));
    }

    [Fact]
    public void Chunks_never_overlap_and_free_ones_are_used_again()
    {
        var random = new Random(7);
        var live = new SortedDictionary<ulong, ulong>();
        for (var step = 0; step < 20_000; step++)
        {
            if (live.Count > 200 || (live.Count > 0 && random.Next(2) == 0))
            {
                var victim = live.Keys.ElementAt(random.Next(live.Count));
                live.Remove(victim);
                Free(victim);
                continue;
            }

            var size = (ulong)random.Next(1, random.Next(8) == 0 ? 300_000 : 3000);
            var address = Malloc(size);
            Assert.Equal(0UL, address % 16);
            var below = live.LastOrDefault(chunk => chunk.Key <= address);
            Assert.True(below.Key + below.Value <= address, "overlaps the chunk below");
            Assert.DoesNotContain(live, chunk => chunk.Key > address && chunk.Key < address + size);
            live.Add(address, size);
        }

        Assert.InRange(VirtualKilobytes, 1, 40_000);
    }

    [Fact]
    public void A_copy_goes_on_as_the_original()
    {
        Malloc(5000);
        var copy = _heap.Clone();
        var step = _heap.Allocate(100);
        Assert.Equal(step, copy.Allocate(100));
    }

    [Fact]
    public void No_memory_is_an_answer_of_nothing()
    {
        Malloc(1);
        var step = _heap.Allocate(64 * Mebibyte);
        Assert.Equal(RequestKind.Mmap, step.Request.Kind);
        step = _heap.Resume(Answer(-(long)SystemCallError.NoMemory));
        Assert.True(step.IsDone);
        Assert.Equal(0UL, step.Address);
        Assert.NotEqual(0UL, Malloc(10));
    }

    private static Reply Answer(long value) => new(value, SimTime.Zero, Pid: 1);

    private ulong Malloc(ulong bytes)
    {
        var address = Finish(_heap.Allocate(bytes));
        Assert.NotEqual(0UL, address);
        return address;
    }

    private void Free(ulong address) => Finish(_heap.Free(address));

    private ulong Finish(HeapStep step)
    {
        while (!step.IsDone)
        {
            step = _heap.Resume(Answer(Serve(step.Request)));
        }

        return step.Address;
    }

    private long Serve(Request request)
    {
        switch (request.Kind)
        {
            case RequestKind.Brk:
                _brk = request.A == 0 ? _brk : request.A;
                return (long)_brk;
            case RequestKind.Mmap:
                _mapped += request.A;
                _nextMapping -= request.A;
                return (long)_nextMapping;
            default:
                Assert.Equal(RequestKind.Munmap, request.Kind);
                _mapped -= request.B;
                return 0;
        }
    }
}
