// Goal: the paths that run for every page cost no managed memory.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class AllocationFreeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(10)]
    public void Pages_come_and_go_without_managed_memory(int order)
    {
        using var machine = Machine.Boot(AMachine.WithNodes(2, 2048));
        var held = new Pfn[200];
        void Streak()
        {
            for (var i = 0; i < held.Length; i++)
            {
                machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, order, FrameOwner.Anonymous, out held[i]);
            }

            foreach (var block in held)
            {
                machine.Allocator.Free(block);
            }
        }

        AssertNoneAllocated(Streak);
    }

    [Fact]
    public void Failing_requests_cost_no_managed_memory_either()
    {
        using var machine = AMachine.Booted(96);
        while (machine.Allocator.TryAllocate(GfpFlags.Kernel, 3, FrameOwner.Kernel, out _))
        {
        }

        AssertNoneAllocated(() => machine.Allocator.TryAllocate(GfpFlags.Kernel, 3, FrameOwner.Kernel, out _));
    }

    [Fact]
    public void Slab_objects_come_and_go_without_managed_memory()
    {
        using var machine = AMachine.Booted(256);
        var cache = machine.Slabs["dentry"];
        var held = new SlabObject[5000];
        AssertNoneAllocated(() =>
        {
            for (var i = 0; i < held.Length; i++)
            {
                machine.Cpus.SwitchTo(i & 1);
                cache.TryAllocate(GfpFlags.Kernel, out held[i]);
            }

            foreach (var used in held)
            {
                cache.Free(used);
            }
        });
    }

    private static void AssertNoneAllocated(Action action)
    {
        action();   // whatever is made once is made now
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
