using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Auditing;

/// <summary>
/// Every task is in the one group it names, the leader first; threads share one memory, which counts its users and belongs to no
/// other process; who holds a memory is in the middle of changing it; processes that are ending have told all their threads.
/// </summary>
internal static class ThreadAudit
{
    public static void Check(Machine machine)
    {
        var users = new int[machine.Memory.IdEnd];
        var owners = new int[machine.Memory.IdEnd];
        var threads = 0;
        foreach (var task in machine.Processes.Tasks)
        {
            Audit.Require(task.Group.Threads.Contains(task), $"task {task.Pid} is not in its group {task.ThreadGroupId}");
            Audit.Require(task.HeldFile == 0 || task.Request.Kind != RequestKind.None, $"task {task.Pid} holds a file and does nothing");
            if (task.IsLeader)
            {
                threads += task.Group.Threads.Count;
                CheckGroup(machine, task.Group);
            }

            if (task.MemoryId != 0)
            {
                Audit.Require(machine.Memory.TryGet(task.MemoryId, out _), $"task {task.Pid} has memory {task.MemoryId}, which is gone");
                users[task.MemoryId]++;
                Audit.Require(
                    owners[task.MemoryId] == 0 || owners[task.MemoryId] == task.ThreadGroupId,
                    $"task {task.Pid} has memory {task.MemoryId}, which is another's");
                owners[task.MemoryId] = task.ThreadGroupId;
            }
        }

        Audit.Same("threads of all groups", (ulong)machine.Processes.Count, (ulong)threads);
        foreach (var mm in machine.Memory.All)
        {
            Audit.Same($"users of memory {mm.Id}", (ulong)mm.Users, (ulong)users[mm.Id]);
            Audit.Require(mm.LockHolderPid == 0 || IsAtWork(machine, mm), $"memory {mm.Id} is held by {mm.LockHolderPid}, which does not change it");
        }
    }

    private static void CheckGroup(Machine machine, ThreadGroup group)
    {
        Audit.Require(group.Leader.Pid == group.Id, $"group {group.Id} is led by {group.Leader.Pid}");
        Audit.Require(group.ParentPid == 0 || machine.Processes.TryGet(group.ParentPid, out _), $"the parent {group.ParentPid} of {group.Id} is gone");
        var memory = group.FindTaskWithMemory()?.MemoryId ?? 0;
        foreach (var thread in group.Threads)
        {
            Audit.Require(machine.Processes.TryGet(thread.Pid, out var found) && found == thread, $"thread {thread.Pid} of {group.Id} is no task");
            Audit.Require(thread.Group == group, $"thread {thread.Pid} of {group.Id} names another group");
            Audit.Require(thread.MemoryId == 0 || thread.MemoryId == memory, $"thread {thread.Pid} has other memory than the rest of {group.Id}");
            Audit.Require(
                !group.IsExiting || thread.HasFatalSignal || thread.Has(ProcessFlags.Exiting) || thread.Request.Kind == RequestKind.Exit,
                $"thread {thread.Pid} does not know that its process {group.Id} ends");
            Audit.Require(
                thread.State != TaskState.Zombie || (thread.MemoryId == 0 && thread.HeldFile == 0), $"zombie {thread.Pid} has something left");
        }

        var isDead = group.IsLastAlive(group.Leader) && group.Leader.State == TaskState.Zombie;
        Audit.Require(!isDead || group.Files.TrueForAll(static file => file == 0), $"dead process {group.Id} has files open");
    }

    private static bool IsAtWork(Machine machine, Virtual.MemoryDescriptor mm) =>
        machine.Processes.TryGet(mm.LockHolderPid, out var holder) && holder.MemoryId == mm.Id
        && holder.Request.Kind is RequestKind.Fork or (>= RequestKind.Mmap and <= RequestKind.Munlockall);
}
