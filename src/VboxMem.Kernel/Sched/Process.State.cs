// A task's copy and fingerprint: both go through every field that decides what becomes of it.

using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Sched;

public sealed partial class Process
{
    private Process(Process other, ThreadGroup group)
    {
        Pid = other.Pid;
        Group = group;
        Name = other.Name;
        State = other.State;
        Stack = other.Stack;
        _kernelObjects = (SlabObject[])other._kernelObjects.Clone();
        Allocation = other.Allocation.Clone();
        SlowPath = other.SlowPath?.Clone();
        Program = other.Program?.Clone();
        CopyScalars(other);
        group.Add(this);
    }

    /// <summary>A copy in a copy of its group, at that group's end.</summary>
    internal Process Clone(ThreadGroup group) => new(this, group);

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Pid << 32) | (uint)ThreadGroupId);
        hash.Add(Name);
        hash.Add(((ulong)State << 48) | ((ulong)Flags << 16) | ((ulong)Body << 8) | (uint)BodyOperand);
        hash.Add(((ulong)Uid << 32) | (uint)Nice);
        hash.Add((ulong)Gid);
        hash.Add((long)MemoryId);
        hash.Add(Executable);
        hash.Add(StartTime.Nanoseconds);
        hash.Add((long)ExitCode);
        Program?.HashInto(hash);
        Request.HashInto(hash);
        hash.Add(((ulong)(uint)Progress.Phase << 32) ^ Progress.Position);
        hash.Add(Progress.Done);
        hash.Add(Progress.Extra);
        Chance.HashInto(hash);
        SwapIn.HashInto(hash);
        hash.Add((long)FaultOrigin);
        Allocation.HashInto(hash);
        SlowPath?.HashInto(hash);
        hash.Add(((ulong)Wait.Kind << 16) | ((ulong)Wait.Depth << 8) | (Wait.IsMemoryStall ? 2UL : 0) | (Wait.IsIo ? 1UL : 0));
        hash.Add(Wait.Key);
        hash.Add(WakeTime.Nanoseconds);
        hash.Add(PendingSignals);
        hash.Add(((ulong)(uint)Cpu << 32) | (uint)DirtiedDisk);
        hash.Add(VirtualRuntime);
        hash.Add(((long)Affinity.Cpu << 32) | (uint)Affinity.Node);
        Load.HashInto(hash);
        hash.Add(LastRan.Nanoseconds);
        hash.Add(UserNanoseconds);
        hash.Add(SystemNanoseconds);
        hash.Add(MinorFaults);
        hash.Add(MajorFaults);
        hash.Add(VoluntarySwitches);
        hash.Add(InvoluntarySwitches);
        hash.Add(IoWaitNanoseconds);
        hash.Add(ReadCharacters);
        hash.Add(WrittenCharacters);
        hash.Add((ReadCalls << 32) ^ WriteCalls);
        hash.Add(ReadBytes);
        hash.Add(WrittenBytes);
        hash.Add(CancelledWriteBytes);
        Dirtying.HashInto(hash);
        hash.Add(IsDirtyStopped);
        hash.Add(StoppedDirtiedPages);
        hash.Add(StateSince.Nanoseconds);
        hash.Add(QueuedSince.Nanoseconds);
        hash.Add(RunDelayNanoseconds);
        hash.Add(Timeslices);
        hash.Add((long)HeldFile);
        hash.Add(ClearChildTid);
        hash.Add<SlabObject>(KernelObjects);
    }

    private void CopyScalars(Process other)
    {
        Flags = other.Flags;
        Body = other.Body;
        BodyOperand = other.BodyOperand;
        Uid = other.Uid;
        Gid = other.Gid;
        Nice = other.Nice;
        MemoryId = other.MemoryId;
        Executable = other.Executable;
        StartTime = other.StartTime;
        ExitCode = other.ExitCode;
        Request = other.Request with { Program = other.Request.Program?.Clone() };
        Progress = other.Progress;
        Chance = other.Chance;
        SwapIn = other.SwapIn;
        FaultOrigin = other.FaultOrigin;
        Wait = other.Wait;
        WakeTime = other.WakeTime;
        PendingSignals = other.PendingSignals;
        Cpu = other.Cpu;
        Affinity = other.Affinity;
        Load = other.Load;
        LastRan = other.LastRan;
        VirtualRuntime = other.VirtualRuntime;
        UserNanoseconds = other.UserNanoseconds;
        SystemNanoseconds = other.SystemNanoseconds;
        MinorFaults = other.MinorFaults;
        MajorFaults = other.MajorFaults;
        VoluntarySwitches = other.VoluntarySwitches;
        InvoluntarySwitches = other.InvoluntarySwitches;
        IoWaitNanoseconds = other.IoWaitNanoseconds;
        ReadCharacters = other.ReadCharacters;
        WrittenCharacters = other.WrittenCharacters;
        ReadCalls = other.ReadCalls;
        WriteCalls = other.WriteCalls;
        ReadBytes = other.ReadBytes;
        WrittenBytes = other.WrittenBytes;
        CancelledWriteBytes = other.CancelledWriteBytes;
        Dirtying = other.Dirtying;
        DirtiedDisk = other.DirtiedDisk;
        IsDirtyStopped = other.IsDirtyStopped;
        StoppedDirtiedPages = other.StoppedDirtiedPages;
        StateSince = other.StateSince;
        QueuedSince = other.QueuedSince;
        RunDelayNanoseconds = other.RunDelayNanoseconds;
        Timeslices = other.Timeslices;
        HeldFile = other.HeldFile;
        ClearChildTid = other.ClearChildTid;
    }
}
