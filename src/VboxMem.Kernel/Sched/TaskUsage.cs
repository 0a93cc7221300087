namespace VboxMem.Kernel.Sched;

/// <summary>What tasks have used: of one, or the sum of several.</summary>
public struct TaskUsage
{
    public ulong UserNanoseconds;
    public ulong SystemNanoseconds;
    public ulong MinorFaults;
    public ulong MajorFaults;
    public ulong VoluntarySwitches;
    public ulong InvoluntarySwitches;
    public ulong IoWaitNanoseconds;
    public ulong ReadCharacters;
    public ulong WrittenCharacters;
    public ulong ReadCalls;
    public ulong WriteCalls;
    public ulong ReadBytes;
    public ulong WrittenBytes;
    public ulong CancelledWriteBytes;

    /// <summary>What one task has used so far.</summary>
    public static TaskUsage Of(Process task)
    {
        var usage = default(TaskUsage);
        usage.Add(task);
        return usage;
    }

    /// <summary>Adds what a task has used so far.</summary>
    internal void Add(Process task)
    {
        UserNanoseconds += task.UserNanoseconds;
        SystemNanoseconds += task.SystemNanoseconds;
        MinorFaults += task.MinorFaults;
        MajorFaults += task.MajorFaults;
        VoluntarySwitches += task.VoluntarySwitches;
        InvoluntarySwitches += task.InvoluntarySwitches;
        IoWaitNanoseconds += task.IoWaitNanoseconds;
        ReadCharacters += task.ReadCharacters;
        WrittenCharacters += task.WrittenCharacters;
        ReadCalls += task.ReadCalls;
        WriteCalls += task.WriteCalls;
        ReadBytes += task.ReadBytes;
        WrittenBytes += task.WrittenBytes;
        CancelledWriteBytes += task.CancelledWriteBytes;
    }

    internal readonly void HashInto(StateHash hash)
    {
        ReadOnlySpan<ulong> figures =
        [
            UserNanoseconds, SystemNanoseconds, MinorFaults, MajorFaults, VoluntarySwitches, InvoluntarySwitches, IoWaitNanoseconds,
            ReadCharacters, WrittenCharacters, ReadCalls, WriteCalls, ReadBytes, WrittenBytes, CancelledWriteBytes,
        ];
        hash.Add(figures);
    }
}
