// Goal: threads share what Linux lets them share, end alone, and take all else with them when they end together.
// Method: scripted programs that make threads on a machine with a slow disk; slab and stack counts before and after.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class ThreadLifeTests
{
    private const ulong TidAddress = 0x7000_0000_0910;

    [Fact]
    public void A_thread_costs_a_task_a_pid_and_a_stack_and_nothing_that_it_shares()
    {
        using var box = new SchedBox();
        var main = box.Start([Script.Sleep(50), Script.Thread(Sleeper())]);
        box.Run(10);
        var (stacks, forks, memories) = (StackKilobytes(box), box.Machine.Processes.ForkCount, box.Machine.Memory.All.Count());

        box.RunUntil(() => main.Group.Threads.Count == 2);

        Assert.Equal(stacks + 16, StackKilobytes(box));
        Assert.Equal(forks + 1, box.Machine.Processes.ForkCount);
        Assert.Equal(memories, box.Machine.Memory.All.Count());
        Assert.Equal(["task_struct", "pid"], ProcessTable.TaskCaches);
        Assert.Equal(["signal_cache", "sighand_cache", "cred"], ProcessTable.GroupCaches);
        Assert.All(main.Group.Threads, static thread => Assert.Equal(2, thread.KernelObjects.Length));
        Audit.Check(box.Machine);   // every object in use is one of those
    }

    [Fact]
    public void A_thread_has_a_tid_of_its_own_and_the_pid_memory_and_parent_of_its_process()
    {
        using var box = new SchedBox();
        var main = box.Start([Script.Thread(Sleeper()), Script.Thread(Sleeper())]);
        box.RunUntil(() => main.Group.Threads.Count == 3);
        box.Run(10);

        var threads = main.Group.Threads;
        Assert.Equal([main.Pid, main.Pid + 1, main.Pid + 2], threads.Select(static thread => thread.Pid));
        Assert.All(threads, thread => Assert.Equal((main.Pid, main.MemoryId, Scheduler.InitPid), (thread.ThreadGroupId, thread.MemoryId, thread.ParentPid)));
        Assert.Equal([true, false, false], threads.Select(static thread => thread.IsLeader));
        Assert.Equal(3, box.Machine.Memory[main.MemoryId].Users);
        Assert.Equal([main.Pid + 1L, main.Pid + 2], SchedBox.ProgramOf(main).Answers.ToArray());
    }

    [Fact]
    public void Threads_see_each_others_memory_and_files()
    {
        using var box = new SchedBox();
        var reader = new ScriptedProgram([Script.Sleep(100), Script.Do(RequestKind.Read, a: 0, b: 8192)]);
        var main = box.Start([Script.Thread(reader), Script.Open("/mnt/file", 8192), Script.Map(10), Script.Write(2, 0, 10)]);
        box.Run(400);

        var thread = main.Group.Threads[1];
        Assert.Equal(8192, SchedBox.ProgramOf(thread).Answers[1]);
        Assert.Same(main.Files, thread.Files);
        Assert.Equal(10UL, box.Machine.Memory[thread.MemoryId].RssAnonPages);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_thread_that_ends_is_gone_at_once_and_what_it_used_stays_with_its_process()
    {
        using var box = new SchedBox();
        var worker = new ScriptedProgram([Script.Map(20), Script.Write(0, 0, 20), Script.Compute(30), Script.ExitThread()]);
        var main = box.Start([Script.Thread(worker)]);
        box.RunUntil(() => main.Group.Threads.Count == 2);
        var tid = main.Group.Threads[1].Pid;
        box.RunUntil(() => main.Group.Threads.Count == 1);

        Assert.False(box.Machine.Processes.TryGet(tid, out _));
        Assert.InRange(main.Group.Exited.UserNanoseconds, 30_000_000UL, 31_000_000UL);
        Assert.Equal(20UL, main.Group.Exited.MinorFaults);
        Assert.Equal(main.MinorFaults + 20, main.Group.Usage().MinorFaults);
        Assert.True(SchedBox.Ran(main) < 5_000_000);
        Assert.Equal(20UL, box.Machine.Memory[main.MemoryId].RssAnonPages);
        Assert.Equal(1, box.Machine.Memory[main.MemoryId].Users);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_leader_that_ends_first_is_a_zombie_until_its_threads_are_gone_and_then_the_parent_is_told()
    {
        using var box = new SchedBox();
        var worker = new ScriptedProgram([Script.Sleep(300), Script.ExitThread()]);
        var child = new ScriptedProgram([Script.Thread(worker), Script.Map(5), Script.Write(1, 0, 5), Script.ExitThread(7)]);
        var parent = box.Start([Script.Fork(child), Script.Wait()]);

        box.Run(150);
        var leader = box.Machine.Processes[(int)SchedBox.ProgramOf(parent).Answers[0]];
        Assert.Equal((TaskState.Zombie, 0, 7), (leader.State, leader.MemoryId, leader.ExitCode));
        Assert.Equal(2, leader.Group.Threads.Count);
        Assert.Equal(5UL, box.Machine.Memory[leader.Group.FindTaskWithMemory()!.MemoryId].RssAnonPages);
        Assert.Equal(RequestKind.WaitChild, parent.Request.Kind);
        Audit.Check(box.Machine);

        box.RunUntil(() => parent.Request.Kind == RequestKind.Pause);
        Assert.Equal(((long)7 << 32) | (uint)leader.Pid, SchedBox.ProgramOf(parent).Answers[1]);   // its exit code, and who it was
        Assert.False(box.Machine.Processes.TryGet(leader.Pid, out _));
        Assert.Single(box.Machine.Memory.All);   // the parent's
        Audit.Check(box.Machine);
    }

    [Fact]
    public void When_one_thread_ends_the_process_all_end_and_its_code_is_the_processs()
    {
        using var box = new SchedBox(cpus: 2);
        var ender = new ScriptedProgram([Script.Sleep(50), Script.Do(RequestKind.Exit, a: 5)]);
        var child = new ScriptedProgram([Script.Thread(Sleeper()), Script.Thread(Computer()), Script.Thread(ender), Script.Compute(10_000)]);
        var parent = box.Start([Script.Fork(child), Script.Sleep(400), Script.Wait()]);

        box.Run(200);
        var leader = box.Machine.Processes.Tasks.Single(task => task.ParentPid == parent.Pid);
        Assert.Equal((TaskState.Zombie, true, 5), (leader.State, leader.Group.IsExiting, leader.ExitCode));
        Assert.Single(leader.Group.Threads);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_fatal_signal_to_any_thread_ends_the_whole_process()
    {
        using var box = new SchedBox(cpus: 2);
        var main = box.Start([Script.Thread(Sleeper()), Script.Thread(Computer()), Script.Sleep(10_000)]);
        box.RunUntil(() => main.Group.Threads.Count == 3);
        var tids = main.Group.Threads.Select(static thread => thread.Pid).ToList();

        box.Machine.Kill(tids[2], Signal.Terminate);
        box.Run(20);

        Assert.All(tids, tid => Assert.False(box.Machine.Processes.TryGet(tid, out _)));
        Assert.Empty(box.Machine.Memory.All);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_segmentation_fault_of_one_thread_ends_the_whole_process()
    {
        using var box = new SchedBox();
        var faulty = new ScriptedProgram([Script.Sleep(20), Script.Do(RequestKind.Touch, a: 0x5000_0000, b: 4096)]);
        var main = box.Start([Script.Thread(Sleeper()), Script.Thread(faulty), Script.Sleep(10_000)]);
        box.Run(100);

        Assert.False(box.Machine.Processes.TryGet(main.Pid, out _));
        Assert.Empty(box.Machine.Memory.All);
    }

    [Fact]
    public void A_signal_to_the_process_is_taken_by_the_thread_that_handles_it()
    {
        using var box = new SchedBox();
        var handler = new ScriptedProgram([Script.Sleep(10_000), Script.Compute(1)]) { Handled = 1UL << (int)Signal.Terminate };
        var main = box.Start([Script.Thread(Sleeper()), Script.Thread(handler), Script.Sleep(10_000)]);
        box.RunUntil(() => main.Group.Threads.Count == 3);
        box.Run(10);

        box.Machine.Kill(main.Pid, Signal.Terminate);
        box.Run(20);

        Assert.Equal(3, main.Group.Threads.Count);
        Assert.Equal(Signal.Terminate, SchedBox.ProgramOf(main.Group.Threads[2]).LastSignal);
        Assert.Equal(Signal.None, SchedBox.ProgramOf(main.Group.Threads[1]).LastSignal);
        Assert.Equal(0UL, main.Group.PendingSignals);
    }

    [Fact]
    public void Fork_copies_the_calling_thread_alone()
    {
        using var box = new SchedBox();
        var forker = new ScriptedProgram([Script.Fork(Sleeper())]);
        var main = box.Start([Script.Thread(Sleeper()), Script.Map(8), Script.Write(1, 0, 8), Script.Thread(forker), Script.Sleep(10_000)]);
        box.Run(100);

        var child = box.Machine.Processes[(int)SchedBox.ProgramOf(main.Group.Threads[2]).Answers[0]];
        Assert.Equal((main.Pid, 1), (child.ParentPid, child.Group.Threads.Count));
        Assert.NotEqual(main.MemoryId, child.MemoryId);
        Assert.Equal(8UL, box.Machine.Memory[child.MemoryId].RssAnonPages);
        Audit.Check(box.Machine);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exec_ends_the_other_threads_and_keeps_the_pid(bool byLeader)
    {
        using var box = new SchedBox(cpus: 2);
        var next = Sleeper();
        var exec = new ScriptLine(new Request(RequestKind.Execute, Path: "/bin/next", Program: next));
        var other = new ScriptedProgram(byLeader ? [Script.Compute(60_000)] : [Script.Sleep(20), exec]);
        var main = box.Start([Script.Thread(Computer()), Script.Thread(other), byLeader ? exec : Script.Sleep(60_000)]);
        var (pid, started) = (main.Pid, main.StartTime);
        box.RunUntil(() => box.Machine.Processes[pid].Name == "next", 500);
        box.Run(20);

        var task = box.Machine.Processes.Tasks.Single(static task => task.Program is ScriptedProgram);
        Assert.Equal((pid, pid, true), (task.Pid, task.ThreadGroupId, task.IsLeader));
        Assert.Equal((byLeader, started), (task == main, task.StartTime));
        Assert.Equal(1, box.Machine.Memory[task.MemoryId].Users);
        Assert.Single(box.Machine.Memory.All);
        Assert.Equal("/bin/next", task.Executable);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Joining_waits_until_the_kernel_has_cleared_the_tid()
    {
        using var box = new SchedBox();
        var worker = new ScriptedProgram([Script.Sleep(200), Script.ExitThread()]);
        var main = box.Machine.Spawn(new JoiningProgram(worker, TidAddress))!;
        box.RunUntil(() => main.Group.Threads.Count == 2);
        Assert.Equal((uint)main.Group.Threads[1].Pid, main.Group.Shared!.Load(TidAddress));
        box.Run(100);
        Assert.Equal(WaitKind.Futex, main.Wait.Kind);

        box.RunUntil(() => main.Request.Kind == RequestKind.Pause, 200);
        Assert.Equal(0u, main.Group.Shared!.Load(TidAddress));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Threads_count_as_tasks_in_the_load_and_their_names_are_their_own()
    {
        using var box = new SchedBox(cpus: 4);
        var named = new ScriptedProgram([Script.Do(RequestKind.SetName, path: "worker/with-a-long-name"), Script.Compute(60_000)]);
        var main = box.Start([Script.Thread(Computer()), Script.Thread(named), Script.Compute(60_000)]);
        var others = box.Machine.Processes.Count;
        box.Run(100);

        Assert.Equal(others + 2, box.Machine.Processes.Count);
        Assert.Equal(3, box.Machine.Processes.CountIn(TaskState.Running));
        Assert.Equal(["scripted", "scripted", "worker/with-a-l"], main.Group.Threads.Select(static thread => thread.Name));
    }

    [Fact]
    public void A_user_may_have_half_of_all_tasks_and_root_all_but_no_more()
    {
        using var box = new SchedBox();
        box.Machine.Processes.MaxThreads = box.Machine.Processes.Count + 8;
        var limit = box.Machine.Processes.MaxTasksOfUser;
        var ofUser = box.Machine.Spawn(new ScriptedProgram([Script.Thread(Sleeper())], rounds: 6), uid: 1000)!;
        box.Run(100);
        Assert.Equal(7, ofUser.Group.Threads.Count);
        Assert.True(limit > 8);

        var ofRoot = box.Machine.Spawn(new ScriptedProgram([Script.Thread(Sleeper())], rounds: 4))!;
        box.Run(100);
        Assert.Single(ofRoot.Group.Threads);
        Assert.Equal(-(long)SystemCallError.Again, SchedBox.ProgramOf(ofRoot).Answers[0]);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Pids_go_on_at_300_after_the_highest()
    {
        using var box = new SchedBox();
        box.Machine.Processes.PidMax = box.Machine.Processes.LastPid + 2;
        box.Machine.Processes.PidMax = Math.Max(box.Machine.Processes.PidMax, 303);
        var pids = new List<int>();
        while (pids.Count == 0 || pids[^1] < box.Machine.Processes.PidMax - 1)
        {
            pids.Add(box.Machine.Processes.TryCreate("filler", 1, TaskState.Sleeping)!.Pid);
        }

        var kept = pids.Where(static pid => pid == 301).ToList();
        foreach (var pid in pids.Except(kept))
        {
            box.Machine.Processes.Reap(box.Machine.Processes[pid]);
        }

        Assert.Equal(300, box.Machine.Processes.TryCreate("wrapped", 1, TaskState.Sleeping)!.Pid);
        Assert.Equal(302, box.Machine.Processes.TryCreate("wrapped", 1, TaskState.Sleeping)!.Pid);
    }

    [Fact]
    public void A_read_goes_on_though_another_thread_closes_the_descriptor()
    {
        using var box = new SchedBox(latencyNanoseconds: 100_000_000);
        var closer = new ScriptedProgram([Script.Sleep(1000), Script.Do(RequestKind.Close, a: 0)]);
        var main = box.Start([Script.Thread(closer), Script.Open("/mnt/file", 64 << 20), Script.ReadFile(1, 64 << 20)]);
        box.RunUntil(() => main.HeldFile != 0);
        box.RunUntil(() => main.Files[0] == 0);
        Assert.Equal(RequestKind.Read, main.Request.Kind);
        Audit.Check(box.Machine);

        box.RunUntil(() => main.Request.Kind == RequestKind.Pause);
        Assert.Equal(64 << 20, SchedBox.ProgramOf(main).Answers[2]);
        Assert.Equal(0UL, box.Machine.FileSystems.Figures.OpenFiles);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_copy_in_the_middle_of_a_process_of_many_threads_runs_on_as_the_original()
    {
        using var box = new SchedBox(cpus: 2);
        var worker = new ScriptedProgram([Script.Map(30), Script.Write(0, 0, 30), Script.Sleep(5), Script.Compute(2)], rounds: 5, exits: false);
        box.Machine.Spawn(new ScriptedProgram([Script.Thread(worker), Script.Thread(Computer()), Script.Compute(30)], rounds: 3) { Words = new SharedWords() });
        for (var step = 0; step < 20; step++)
        {
            box.Run(7);
            using var copy = box.Machine.Clone();
            Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
            box.Run(7);
            copy.RunUntil(box.Machine.Now);
            Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
        }
    }

    /// <summary>Makes a thread and joins it, as pthread_join does.</summary>
    private sealed class JoiningProgram(ScriptedProgram worker, ulong tidAddress) : UserProgram
    {
        private bool _isMade;
        private bool _isJoined;

        public override ProgramImage Image => worker.Image;

        public override UserSharedState MakeShared() => new SharedWords();

        public override Request Next(in Reply last)
        {
            if (!_isMade)
            {
                _isMade = true;
                return new Request(RequestKind.CloneThread, tidAddress, Program: worker.Clone());
            }

            var tid = last.Shared!.Load(tidAddress);
            _isJoined = tid == 0;
            return _isJoined ? new Request(RequestKind.Pause) : new Request(RequestKind.FutexWait, tidAddress, tid);
        }

        public override UserProgram Clone() => (UserProgram)MemberwiseClone();

        public override void HashInto(StateHash hash) => hash.Add((_isMade ? 1UL : 0) | (_isJoined ? 2UL : 0));
    }

    private static ScriptedProgram Sleeper() => new([Script.Sleep(60_000)]);

    private static ScriptedProgram Computer() => new([Script.Compute(60_000)]);

    private static long StackKilobytes(SchedBox box) => box.Machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.KernelStack);
}
