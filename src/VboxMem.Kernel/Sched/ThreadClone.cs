// How a process gets another thread: a task that shares memory, files, handlers and all else of its group.
//
// Models   Linux 6.12 kernel/fork.c: copy_process with CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID and
//          CHILD_CLEARTID, as pthread_create asks for it: no mm_struct, files_struct, signal_struct, sighand_struct or cred is made.

namespace VboxMem.Kernel.Sched;

internal static class ThreadClone
{
    public static StepResult Step(Machine machine, Process creator, out long answer)
    {
        if (machine.Processes.TryCloneThread(creator, out var error) is not { } thread)
        {
            answer = SystemCalls.Answer(error);
            return StepResult.Done;
        }

        machine.Cpus.SpendInKernel(machine.Costs.CloneThread);
        thread.Flags = ProcessFlags.ForkedWithoutExec;
        thread.Uid = creator.Uid;
        thread.Gid = creator.Gid;
        thread.Nice = creator.Nice;
        thread.Executable = creator.Executable;
        thread.Chance = creator.Chance.Split();
        thread.Cpu = creator.Cpu;
        thread.VirtualRuntime = creator.VirtualRuntime;
        thread.MemoryId = creator.MemoryId;
        machine.Memory[creator.MemoryId].Users++;
        thread.Program = creator.Request.Program;
        thread.ClearChildTid = creator.Request.A;
        if (thread.ClearChildTid != 0)
        {
            creator.Group.Shared?.Store(thread.ClearChildTid, (uint)thread.Pid);
        }

        machine.Scheduler.Start(thread);
        answer = thread.Pid;
        return StepResult.Done;
    }
}
