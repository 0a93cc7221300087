// Goal: signals, exits and children are what signal(7) and wait(2) say.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class ProcessLifeTests
{
    [Fact]
    public void Terminate_ends_a_program_that_does_not_handle_it()
    {
        using var box = new SchedBox();
        var task = box.Start([Script.Sleep(100_000)]);
        box.Run(10);

        box.Machine.Kill(task.Pid, Signal.Terminate);
        box.Run(10);

        Assert.False(box.Machine.Processes.TryGet(task.Pid, out _));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Terminate_comes_with_the_answer_where_it_is_handled_and_ends_the_sleep()
    {
        using var box = new SchedBox();
        var task = box.Start([Script.Sleep(100_000), Script.Compute(1)], handled: 1UL << (int)Signal.Terminate);
        box.Run(10);

        box.Machine.Kill(task.Pid, Signal.Terminate);
        box.Run(10);

        Assert.Equal(Signal.Terminate, SchedBox.ProgramOf(task).LastSignal);
        Assert.Equal(RequestKind.Pause, task.Request.Kind);
    }

    [Fact]
    public void Signal_0_only_tells_whether_there_is_such_a_process()
    {
        using var box = new SchedBox();
        var task = box.Start([Script.Sleep(100_000)]);
        var asker = box.Start([Script.Do(RequestKind.Kill, (ulong)task.Pid), Script.Do(RequestKind.Kill, 99_999)]);
        box.Run(10);

        Assert.Equal([0L, -(long)SystemCallError.NoProcess], SchedBox.ProgramOf(asker).Answers.ToArray());
        Assert.Equal((TaskState.Sleeping, 0UL, RequestKind.Sleep), (task.State, task.PendingSignals, task.Request.Kind));
    }

    [Fact]
    public void Kill_does_not_end_a_sleep_for_metadata_but_the_task_dies_when_it_wakes()
    {
        using var box = new SchedBox(latencyNanoseconds: 2_000_000_000);
        var task = box.Start([Script.Open("/mnt/file", 1 << 20), Script.Compute(10_000)]);
        box.RunUntil(() => task.State == TaskState.DiskSleep && task.Wait.Depth == SleepDepth.Uninterruptible);

        box.Machine.Kill(task.Pid, Signal.Kill);
        box.Run(100);
        Assert.Equal(TaskState.DiskSleep, task.State);

        box.Run(4000);
        Assert.False(box.Machine.Processes.TryGet(task.Pid, out _));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Kill_ends_a_killable_wait_for_a_page_at_once()
    {
        using var box = new SchedBox(latencyNanoseconds: 1_000_000_000);
        var task = box.Start([Script.Open("/mnt/file", 1 << 20), Script.ReadFile(0, 1 << 20)]);
        box.RunUntil(() => task.State == TaskState.DiskSleep && task.Wait.Depth == SleepDepth.Killable);

        box.Machine.Kill(task.Pid, Signal.Kill);
        box.Run(5);

        Assert.False(box.Machine.Processes.TryGet(task.Pid, out _));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Signals_to_nobody_to_init_and_to_kernel_threads_do_nothing()
    {
        using var box = new SchedBox();
        var kswapd = box.Machine.Processes.Tasks.First(static task => task.Name == "kswapd0");

        Assert.Equal(SystemCallError.NoProcess, box.Machine.Kill(31_000, Signal.Kill));
        box.Machine.Kill(Scheduler.InitPid, Signal.Kill);
        box.Machine.Kill(kswapd.Pid, Signal.Kill);
        box.Run(100);

        Assert.True(box.Machine.Processes.TryGet(Scheduler.InitPid, out _));
        Assert.True(box.Machine.Processes.TryGet(kswapd.Pid, out _));
    }

    [Fact]
    public void A_parent_waits_for_its_child_and_gets_its_times()
    {
        using var box = new SchedBox();
        var child = new ScriptedProgram([Script.Compute(30)], exits: true);
        var parent = box.Start([Script.Fork(child), Script.Wait(), Script.Wait()]);

        box.RunUntil(() => parent.Request.Kind == RequestKind.Pause);

        var answers = SchedBox.ProgramOf(parent).Answers;
        Assert.True(answers[0] > parent.Pid);
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(-(long)SystemCallError.NoChild, answers[2]);
        Assert.InRange(parent.Group.ChildUserNanoseconds, 30_000_000UL, 31_000_000UL);
        Assert.False(box.Machine.Processes.TryGet((int)answers[0], out _));
    }

    [Fact]
    public void A_dead_child_is_a_zombie_without_memory_until_it_is_waited_for()
    {
        using var box = new SchedBox();
        var child = new ScriptedProgram([], exits: true);
        var parent = box.Start([Script.Fork(child), Script.Sleep(500), Script.Wait()]);

        box.Run(200);
        var zombie = box.Machine.Processes.Tasks.Single(task => task.ParentPid == parent.Pid);
        Assert.Equal((TaskState.Zombie, 0), (zombie.State, zombie.MemoryId));
        Audit.Check(box.Machine);

        box.Run(500);
        Assert.False(box.Machine.Processes.TryGet(zombie.Pid, out _));
    }

    [Fact]
    public void Orphans_go_to_init_which_reaps_them()
    {
        using var box = new SchedBox();
        var child = new ScriptedProgram([Script.Sleep(300)], exits: true);
        var parent = box.Start([Script.Fork(child)], exits: true);

        box.Run(100);
        Assert.False(box.Machine.Processes.TryGet(parent.Pid, out _));
        var orphan = box.Machine.Processes.Tasks.Single(static task => task.Program is ScriptedProgram);
        Assert.Equal(Scheduler.InitPid, orphan.ParentPid);

        box.Run(400);
        Assert.False(box.Machine.Processes.TryGet(orphan.Pid, out _));
        Audit.Check(box.Machine);
    }
}
