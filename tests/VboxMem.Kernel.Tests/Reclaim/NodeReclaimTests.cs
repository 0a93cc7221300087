// Goal: with vm.zone_reclaim_mode a request gives up page cache of its node before it goes to another one; without, it goes.
// Method: a machine of two nodes; the first one is filled with page cache, then a task of its CPU writes memory.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Tests.Life;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class NodeReclaimTests
{
    private const ulong CachePages = 90 << 8;
    private const ulong MemoryPages = 60 << 8;

    [Fact]
    public void Without_it_the_other_node_serves()
    {
        using var box = new TwoNodes("0");
        box.FillCacheThenMemory();
        Assert.Equal((0UL, 0UL), (box.Machine.Events[VmEvent.ZoneReclaimSuccess], box.Machine.Events[VmEvent.ZoneReclaimFailed]));
        Assert.True(box.AnonOn(1) > 20 << 8, $"{box.AnonOn(1)} pages");
    }

    [Fact]
    public void Page_cache_of_the_own_node_makes_room()
    {
        using var box = new TwoNodes("1");
        box.FillCacheThenMemory();
        Assert.True(box.Machine.Events[VmEvent.ZoneReclaimSuccess] > 100);
        Assert.Equal(0UL, box.Machine.Events[VmEvent.AllocstallMovable]);
        Assert.True(box.AnonOn(0) > (long)MemoryPages * 95 / 100, $"{box.AnonOn(0)} pages");
    }

    [Fact]
    public void Little_page_cache_is_left_alone()
    {
        using var box = new TwoNodes("1", minUnmappedRatio: "95");
        box.Set("min_slab_ratio", "95");
        box.FillCacheThenMemory();
        Assert.Equal((0UL, 0UL), (box.Machine.Events[VmEvent.ZoneReclaimSuccess], box.Machine.Events[VmEvent.ZoneReclaimFailed]));
        Assert.True(box.AnonOn(1) > 20 << 8);
    }

    [Theory]
    [InlineData(20, 0, true)]
    [InlineData(30, 0, true)]
    [InlineData(31, 0, false)]
    [InlineData(20, 1, false)]
    public void Another_node_is_reclaimed_only_if_it_is_near_and_has_no_processors(int distance, int othersCpus, bool isWorthIt)
    {
        using var box = new TwoNodes("0", distance: distance, othersCpus: othersCpus);
        box.Run(Script.Open("/mnt/file", 200 << 20), Script.ReadFile(0, 200 << 20));
        box.Set("zone_reclaim_mode", "1");
        var (own, other) = (box.Machine.Nodes[0][ZoneType.Dma32], box.Machine.Nodes[1][ZoneType.Dma32]);
        box.Machine.Cpus.SwitchTo(0);
        var request = new AllocationRequest(GfpFlags.HighUserMovable, 0, 0);
        Assert.True(NodeReclaim.IsWorthIt(box.Machine, request, own, own));
        Assert.Equal(isWorthIt, NodeReclaim.IsWorthIt(box.Machine, request, own, other));
        box.Machine.Lru.PressureOf(0).IsNodeReclaimed = true;
        Assert.False(NodeReclaim.IsWorthIt(box.Machine, request, own, own));
    }

    [Theory]
    [InlineData("1", false)]
    [InlineData("2", true)]
    public void Dirty_pages_count_only_if_they_may_be_written(string mode, bool isTried)
    {
        using var box = new TwoNodes(mode, minUnmappedRatio: "20");
        box.Set("dirty_bytes", "1000000000");
        box.Set("dirty_background_bytes", "900000000");
        box.Set("dirty_writeback_centisecs", "0");
        box.Set("min_slab_ratio", "95");
        box.Set("watermark_boost_factor", "0");   // else kswapd is woken, and wakes the flusher
        box.FillCacheThenMemory(isDirty: true);
        Assert.Equal(isTried, box.Machine.Events[VmEvent.ZoneReclaimSuccess] + box.Machine.Events[VmEvent.ZoneReclaimFailed] > 0);
    }

    [Fact]
    public void A_copy_goes_on_alike_from_any_moment_of_it()
    {
        using var box = new TwoNodes("7");
        box.Spawn(TwoNodes.CacheThenMemory(isDirty: false));
        box.RunUntil(() => box.Machine.Events[VmEvent.ZoneReclaimSuccess] > 5);
        var tasksInside = 0;
        for (var moment = 0; moment < 40; moment++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(170_000)));
            using var copy = box.Machine.Clone();
            Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
            tasksInside += box.Machine.Lru.PressureOf(0).IsNodeReclaimed ? 1 : 0;
            if (moment % 8 != 0) continue;
            using var twin = box.Machine.Clone();
            twin.RunUntil(twin.Now.Plus(SimTime.FromMilliseconds(20)));
            copy.RunUntil(twin.Now);
            Assert.Equal(twin.ComputeStateHash(), copy.ComputeStateHash());
        }

        Assert.True(tasksInside > 0, "no moment within a reclaim");
    }

    [Theory]
    [InlineData(RandomMachineKind.TwoNodes, "1")]
    [InlineData(RandomMachineKind.TwoNodes, "2")]
    [InlineData(RandomMachineKind.TwoNodes, "7")]
    [InlineData(RandomMachineKind.SwapAndTwoCpus, "4")]
    [InlineData(RandomMachineKind.OneCpuWithoutSwap, "3")]
    public void Random_lives_with_it_stay_sound_and_their_copies_alike(RandomMachineKind kind, string mode)
    {
        using var world = new RandomWorld(kind, 5);
        Assert.Equal(SysctlResult.Done, world.Machine.Sysctls.Write("zone_reclaim_mode", System.Text.Encoding.ASCII.GetBytes(mode)));
        Assert.Equal(SysctlResult.Done, world.Machine.Sysctls.Write("laptop_mode", "1"u8));
        for (var step = 0; step < 120 && !world.Machine.HasPanicked; step++)
        {
            world.Step();
            if (step % 10 != 0) continue;
            Auditing.Audit.Check(world.Machine);
            using var copy = world.Machine.Clone();
            Assert.Equal(world.Machine.ComputeStateHash(), copy.ComputeStateHash());
            using var twin = world.Machine.Clone();
            copy.RunUntil(copy.Now.Plus(SimTime.FromMilliseconds(30)));
            twin.RunUntil(copy.Now);
            Assert.Equal(twin.ComputeStateHash(), copy.ComputeStateHash());
        }

        Assert.True(world.Machine.Events[VmEvent.ZoneReclaimSuccess] > 20, $"{world.Machine.Events[VmEvent.ZoneReclaimSuccess]} reclaims");
    }

    private sealed class TwoNodes : IDisposable
    {
        private const ulong NodeBytes = 128 << 20;

        public TwoNodes(string mode, string minUnmappedRatio = "1", int distance = 20, int othersCpus = 0)
        {
            Machine = Machine.Boot(AMachine.Of(256, 2) with
            {
                Disks = [new DiskConfiguration("vda", 8UL << 30, 800 << 20, 800 << 20, 50_000, 0, IsRotational: false)],
                Mounts = [new MountConfiguration("/mnt", 0)],
                Nodes =
                [
                    new NodeConfiguration { RamBytes = NodeBytes, Cpus = 2 - othersCpus, Distances = [10, distance] },
                    new NodeConfiguration { RamBytes = NodeBytes, Cpus = othersCpus, Distances = [distance, 10] },
                ],
            });
            Assert.True(Machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));
            Set("zone_reclaim_mode", mode);
            Set("min_unmapped_ratio", minUnmappedRatio);
            Set("overcommit_memory", "1");
        }

        public Machine Machine { get; }

        public long AnonOn(int node) =>
            Machine.Nodes[node].Read(NodeStatItem.ActiveAnon) + Machine.Nodes[node].Read(NodeStatItem.InactiveAnon);

        public void FillCacheThenMemory(bool isDirty = false) => Run(CacheThenMemory(isDirty));

        public static ScriptLine[] CacheThenMemory(bool isDirty) =>
        [
            Script.Open("/mnt/file", isDirty ? 0 : CachePages << 12),
            isDirty ? Script.WriteFile(0, CachePages << 12) : Script.ReadFile(0, CachePages << 12),
            Script.Map(MemoryPages), Script.Write(2, 0, MemoryPages),
        ];

        public void Run(params ScriptLine[] lines)
        {
            var program = Spawn(lines);
            RunUntil(() => program.Done == lines.Length);
            Auditing.Audit.Check(Machine);
        }

        public ScriptedProgram Spawn(params ScriptLine[] lines)
        {
            var program = new ScriptedProgram(lines);
            Assert.NotNull(Machine.Spawn(program));
            return program;
        }

        public void RunUntil(Func<bool> isReached)
        {
            for (var step = 0; step < 100_000 && !isReached(); step++)
            {
                Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(1)));
            }

            Assert.True(isReached());
        }

        public void Set(string name, string value) =>
            Assert.Equal(SysctlResult.Done, Machine.Sysctls.Write(name, System.Text.Encoding.ASCII.GetBytes(value)));

        public void Dispose() => Machine.Dispose();
    }
}
