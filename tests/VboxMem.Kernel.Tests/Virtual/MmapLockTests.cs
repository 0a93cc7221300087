// Goal: while one thread is in the middle of changing memory, the others neither disturb it nor see it half done.
// Method: a machine whose memory calls take many turns; two threads that work on one memory.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class MmapLockTests
{
    private const ulong Large = 12_000;

    [Fact]
    public void Another_call_waits_in_state_D_until_the_first_one_is_done()
    {
        using var box = new SchedBox(cpus: 2);
        var main = Start(box, Mapper(), Script.Unmap(1, 0, Large));
        var thread = main.Group.Threads[1];
        RunUntilWaiting(box, main, thread);

        Assert.Equal((TaskState.DiskSleep, RequestKind.Mmap, RequestKind.Munmap), (thread.State, thread.Request.Kind, main.Request.Kind));
        Audit.Check(box.Machine);
        box.RunUntil(() => main.Request.Kind == RequestKind.Pause);
        Assert.Equal(0, box.Machine.Memory[main.MemoryId].LockHolderPid);
        box.Run(5);
        Assert.NotEqual(WaitKind.MmapLock, thread.Wait.Kind);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_fault_within_the_range_at_work_waits_and_others_go_on()
    {
        using var box = new SchedBox(cpus: 4);
        var outside = new ScriptedProgram([Script.Sleep(199), Script.Map(6_000), Script.Write(1, 0, 5_000)]);
        var main = box.Start([
            Script.Map(Large + 1000), Script.Write(0, 0, Large), Script.Thread(outside), Script.Sleep(200),
            Script.Unmap(0, 0, Large + 1000),
        ]);
        box.RunUntil(() => main.Group.Threads.Count == 2);
        var mm = box.Machine.Memory[main.MemoryId];
        RunUntil(box, () => mm.LockHolderPid == main.Pid);
        var address = (ulong)SchedBox.ProgramOf(main).Answers[0] + ((Large + 5) * 4096);
        Assert.True(MmapLock.Excludes(mm, main.Group.Threads[1], address >> 12));
        Assert.False(MmapLock.Excludes(mm, main, address >> 12));

        box.RunUntil(() => main.Request.Kind == RequestKind.Pause);
        Assert.InRange(mm.RssAnonPages, 10UL, 5_000UL);   // the other thread wrote on meanwhile
        Assert.Equal(0UL, box.Machine.Paths[ReachedPath.MmapLockContended]);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_fork_sees_the_memory_of_one_moment()
    {
        using var box = new SchedBox(cpus: 2);
        var main = Start(box, Mapper(), Script.Fork(new ScriptedProgram([])));
        RunUntilWaiting(box, main, main.Group.Threads[1]);
        var pages = box.Machine.Memory[main.MemoryId].TotalPages;

        box.RunUntil(() => main.Request.Kind == RequestKind.Pause);
        var child = box.Machine.Processes[(int)SchedBox.ProgramOf(main).Answers[4]];
        Assert.Equal(pages, box.Machine.Memory[child.MemoryId].TotalPages);
        Assert.True(box.Machine.Memory[main.MemoryId].TotalPages > pages);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Who_dies_in_the_middle_of_a_call_lets_the_lock_go()
    {
        using var box = new SchedBox(cpus: 2);
        var exec = new ScriptLine(new Request(RequestKind.Execute, Path: "/bin/next", Program: new ScriptedProgram([])));
        var execs = new ScriptedProgram([Script.Sleep(60_000), exec]) { Handled = 1UL << (int)Signal.User1 };
        var main = Start(box, execs, Script.Unmap(1, 0, Large));
        var pid = main.Pid;
        RunUntil(box, () => main.Request.Kind == RequestKind.Munmap && box.Machine.Memory[main.MemoryId].LockHolderPid == pid);
        box.Machine.Kill(pid, Signal.User1);   // it ends the other thread's sleep
        box.RunUntil(() => box.Machine.Processes[pid].Name == "next");

        Assert.Equal(0, box.Machine.Memory[box.Machine.Processes[pid].MemoryId].LockHolderPid);
        Audit.Check(box.Machine);
    }

    /// <summary>A thread that maps a page again and again.</summary>
    private static ScriptedProgram Mapper() =>
        new([Script.Sleep(190), Script.Map(1), Script.Do(RequestKind.Compute, a: 10_000)], rounds: 5000, repeatFrom: 1);

    /// <summary>The main thread starts another, writes much memory, and 200 ms later makes a long call.</summary>
    private static Process Start(SchedBox box, ScriptedProgram other, ScriptLine last)
    {
        var main = box.Start([Script.Thread(other), Script.Map(Large), Script.Write(1, 0, Large), Script.Sleep(180), last]);
        box.RunUntil(() => main.Group.Threads.Count == 2);
        return main;
    }

    private static void RunUntilWaiting(SchedBox box, Process holder, Process waiter)
    {
        RunUntil(box, () => waiter.Wait.Kind == WaitKind.MmapLock);
        Assert.Equal(holder.Pid, box.Machine.Memory[holder.MemoryId].LockHolderPid);
        Assert.True(box.Machine.Paths[ReachedPath.MmapLockContended] > 0);
    }

    private static void RunUntil(SchedBox box, Func<bool> isThere)
    {
        for (var i = 0; i < 100_000 && !isThere(); i++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new Kernel.Time.SimTime(5_000)));
        }

        Assert.True(isThere(), "what was waited for did not happen");
    }
}
