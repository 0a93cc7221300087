// Goal: a process with threads takes the address space and the pages that a measured one takes, and gives back what it gave back.
// Method: the program "threads" on a simulated machine of 2 CPUs. Expected growth by hand (facts: virtual memory, 2): a stack is
// 8192 + 4 kB, an arena reserves 65536 kB, of which 132 kB are accessible at first; 8 arenas a CPU, the main one included.

using VboxMem.Kernel;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Tests.BuildingBlocks;

public sealed class ThreadedMemoryTests
{
    private const long StackKilobytes = 8196;
    private const long ArenaKilobytes = 65_536;

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(20)]
    public void Each_thread_takes_a_stack_and_one_of_15_arenas(int threads)
    {
        using var machine = Boot(cpus: 2);
        var task = Run(machine, new ProgramParameters(SizeBytes: 1000, Count: (ulong)threads), 500);
        var mm = machine.Memory[task.MemoryId];

        var arenas = Math.Min(threads, 15);
        var main = threads > 15 ? 132 : 0;   // the sixteenth thread's turn is the main arena's
        Assert.Equal(threads + 1, task.Group.Threads.Count);
        Assert.Equal(BareKilobytes() + (threads * StackKilobytes) + (arenas * ArenaKilobytes) + main, (long)mm.TotalPages * 4);
        Audit.Check(machine);
    }

    [Fact]
    public void A_thread_alone_holds_16_kilobytes()
    {
        using var machine = Boot(cpus: 2);
        var task = Run(machine, new ProgramParameters(SizeBytes: 1000, Count: 10), 500);

        // Three pages of its stack and the first of its arena, where 1000 bytes fit behind the header.
        Assert.Equal(BareRssKilobytes() + (10 * 16), (long)machine.Memory[task.MemoryId].RssAnonPages * 4);
    }

    [Fact]
    public void An_arena_grows_by_pages_within_its_reservation()
    {
        using var machine = Boot(cpus: 2);
        var task = Run(machine, new ProgramParameters(SizeBytes: 4 << 20, Count: 2), 500);
        var mm = machine.Memory[task.MemoryId];

        Assert.Equal(BareKilobytes() + (2 * (StackKilobytes + ArenaKilobytes)), (long)mm.TotalPages * 4);

        // 64 chunks of 65552 bytes from 0x8d8 on, and 32 bytes of top, are 4100 kB.
        Assert.Equal(BareDataKilobytes() + (2 * (8192 + 4100)), (long)mm.DataPages * 4);
        Assert.InRange((long)mm.RssAnonPages * 4, BareRssKilobytes() + (2 * 4096), BareRssKilobytes() + (2 * (4096 + 24)));
        Audit.Check(machine);
    }

    [Fact]
    public void A_full_heap_of_64_mebibytes_is_followed_by_another()
    {
        using var machine = Boot(cpus: 2, ramMebibytes: 512);
        var task = Run(machine, new ProgramParameters(SizeBytes: 100 << 20, Count: 1), 2000);

        Assert.Equal(BareKilobytes() + StackKilobytes + (2 * ArenaKilobytes), (long)machine.Memory[task.MemoryId].TotalPages * 4);
        Audit.Check(machine);
    }

    [Fact]
    public void Large_chunks_are_mappings_of_their_own_beside_the_arena()
    {
        using var machine = Boot(cpus: 2);
        var task = Run(machine, new ProgramParameters(SizeBytes: 8 << 20, ChunkBytes: 1 << 20, Count: 1), 500);

        Assert.Equal(
            BareKilobytes() + StackKilobytes + ArenaKilobytes + (8 * (1024 + 4)), (long)machine.Memory[task.MemoryId].TotalPages * 4);
    }

    [Fact]
    public void Stacks_and_arenas_of_ended_threads_serve_the_next_ones()
    {
        using var machine = Boot(cpus: 2);
        var parameters = new ProgramParameters(
            SizeBytes: 1000, Count: 4, Passes: 0, Pause: SimTime.FromMilliseconds(20), Hold: SimTime.FromMilliseconds(10));
        var task = Run(machine, parameters, 35);
        var (pages, forks) = (machine.Memory[task.MemoryId].TotalPages, machine.Processes.ForkCount);
        Step(machine, 1000);

        Assert.True(machine.Processes.ForkCount > forks + 40);
        Assert.Equal(pages, machine.Memory[task.MemoryId].TotalPages);
        Audit.Check(machine);
    }

    [Fact]
    public void Ended_threads_give_back_what_they_freed_but_128_kilobytes_of_each_arena_and_the_end_of_each_stack()
    {
        using var machine = Boot(cpus: 2);
        var parameters = new ProgramParameters(
            SizeBytes: 4 << 20, Count: 3, Passes: 0, Pause: SimTime.FromSeconds(100), Hold: SimTime.FromMilliseconds(200));
        var task = Run(machine, parameters, 100);
        var mm = machine.Memory[task.MemoryId];
        Assert.True((long)mm.RssAnonPages * 4 >= BareRssKilobytes() + (3 * 4096));
        var pages = mm.TotalPages;

        Step(machine, 1000);
        Assert.Single(task.Group.Threads);
        Assert.Equal(pages, mm.TotalPages);
        Assert.InRange((long)mm.RssAnonPages * 4, BareRssKilobytes() + (3 * 128), BareRssKilobytes() + (3 * (128 + 24)));
        Audit.Check(machine);
    }

    [Fact]
    public void A_freed_mapping_is_unmapped_and_the_next_chunk_of_its_size_comes_from_the_arena()
    {
        using var machine = Boot(cpus: 2);
        var parameters = new ProgramParameters(
            SizeBytes: 1 << 20, ChunkBytes: 1 << 20, Count: 1, Passes: 2, Pause: SimTime.FromMilliseconds(200), Hold: SimTime.FromMilliseconds(100));
        var task = Run(machine, parameters, 60);
        var mm = machine.Memory[task.MemoryId];
        Assert.Equal(BareKilobytes() + StackKilobytes + ArenaKilobytes + 1028, (long)mm.TotalPages * 4);
        Step(machine, 140);
        Assert.Equal(BareKilobytes() + StackKilobytes + ArenaKilobytes, (long)mm.TotalPages * 4);
        Step(machine, 160);

        Assert.Equal(2, task.Group.Threads.Count);
        Assert.Equal(BareKilobytes() + StackKilobytes + ArenaKilobytes, (long)mm.TotalPages * 4);
        Assert.True((long)mm.RssAnonPages * 4 >= BareRssKilobytes() + 1024);
    }

    [Fact]
    public void More_than_40_mebibytes_of_stacks_are_not_kept()
    {
        using var machine = Boot(cpus: 2);
        var parameters = new ProgramParameters(
            SizeBytes: 1000, Count: 12, Passes: 0, Pause: SimTime.FromSeconds(100), Hold: SimTime.FromMilliseconds(50));
        var task = Run(machine, parameters, 1000);

        Assert.Single(task.Group.Threads);
        Assert.Equal(BareKilobytes() + (4 * StackKilobytes) + (12 * ArenaKilobytes), (long)machine.Memory[task.MemoryId].TotalPages * 4);
        Audit.Check(machine);
    }

    [Fact]
    public void Threads_that_share_an_arena_take_turns_and_all_get_their_memory()
    {
        using var machine = Boot(cpus: 1);
        var task = Run(machine, new ProgramParameters(SizeBytes: 300_000, ChunkBytes: 5000, Count: 40, Hold: SimTime.FromMilliseconds(200)), 100);
        Assert.True(task.Group.Threads.Count > 1);
        using var copy = machine.Clone();
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
        Step(machine, 2000);
        Step(copy, 2000);
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
        Assert.False(machine.Processes.TryGet(task.Pid, out _));
        Assert.Equal(0, task.ExitCode);
        Audit.Check(machine);
    }

    private static Machine Boot(int cpus, ulong ramMebibytes = 256) => Machine.Boot(new MachineConfiguration
    {
        RamBytes = ramMebibytes << 20,
        Cpus = cpus,
        InitrdBytes = 0,
        VmSettings = [new("overcommit_memory", "1")],
    });

    private static Process Run(Machine machine, ProgramParameters parameters, ulong milliseconds)
    {
        var task = machine.Spawn(Programs.Make("threads", parameters), uid: 1000)!;
        Step(machine, milliseconds);
        return task;
    }

    private static void Step(Machine machine, ulong milliseconds) => machine.RunUntil(machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    /// <summary>What a process of the same image has without threads.</summary>
    private static long BareKilobytes() => (long)Bare().TotalPages * 4;

    private static long BareRssKilobytes() => (long)Bare().RssAnonPages * 4;

    private static long BareDataKilobytes() => (long)Bare().DataPages * 4;

    private static MemoryDescriptor Bare()
    {
        using var machine = Boot(cpus: 2);
        var task = machine.Spawn(Programs.Make("sleep", new ProgramParameters()), uid: 1000)!;
        Step(machine, 100);
        return machine.Memory[task.MemoryId].Clone();
    }
}
