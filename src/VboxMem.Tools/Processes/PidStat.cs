namespace VboxMem.Tools.Processes;

/// <summary><c>/proc/PID/stat</c>, fields 3 to 44. Ticks are 1/100 s; the name (field 2) is beside it in the record.</summary>
public struct PidStat
{
    /// <summary>R, S, D, Z, T, t, I, X.</summary>
    public byte State;

    public int ParentPid, ProcessGroup, Session;

    /// <summary>Device number of the controlling terminal; 0: none.</summary>
    public int Terminal;

    /// <summary>Process group in the foreground of the terminal; -1: none.</summary>
    public int ForegroundGroup;

    public ulong Flags;

    public ulong MinorFaults, ChildMinorFaults, MajorFaults, ChildMajorFaults;

    public ulong UserTicks, SystemTicks, ChildUserTicks, ChildSystemTicks;

    public int Priority, Nice, Threads;

    /// <summary>Since boot.</summary>
    public ulong StartTicks;

    public ulong VirtualBytes, ResidentPages;

    /// <summary>Bytes; all ones: no limit.</summary>
    public ulong ResidentLimit;

    public ulong StartCode, EndCode, StartStack, StackPointer, InstructionPointer;

    public int ExitSignal, Processor, RealTimePriority;

    /// <summary>SCHED_OTHER 0, FIFO 1, RR 2, BATCH 3, ISO 4, IDLE 5, DEADLINE 6.</summary>
    public int Policy;

    public ulong DiskWaitTicks, GuestTicks, ChildGuestTicks;

    public readonly ulong OwnTicks => unchecked(UserTicks + SystemTicks);

    /// <summary>With those of children that were waited for.</summary>
    public readonly ulong AllTicks => unchecked(OwnTicks + ChildUserTicks + ChildSystemTicks);

    /// <summary>Parses the line. The name may hold blanks and parentheses: it ends at the last one.</summary>
    /// <param name="text">The file.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="name">Where the name lies in <paramref name="text"/>, without its parentheses.</param>
    /// <exception cref="ProcFormatException">The line is none of stat's.</exception>
    public static PidStat Parse(ReadOnlySpan<byte> text, string path, out Range name)
    {
        var open = text.IndexOf((byte)'(');
        var close = text.LastIndexOf((byte)')');
        if (open < 0 || close <= open)
            throw new ProcFormatException(path, 1, $"\"{Parsing.LineReader.Quote(text.TrimEnd((byte)'\n'))}\" has no name in parentheses");
        name = (open + 1)..close;
        var fields = new FieldReader(text[(close + 1)..], path, firstField: 3);
        var stat = new PidStat();
        stat.TakeFamily(ref fields);
        stat.TakeTimes(ref fields);
        stat.TakeMemory(ref fields);
        stat.TakeScheduling(ref fields);
        return stat;
    }

    private void TakeFamily(ref FieldReader fields)
    {
        State = fields.Letter("the state");
        ParentPid = fields.Signed("the parent");
        ProcessGroup = fields.Signed("the process group");
        Session = fields.Signed("the session");
        Terminal = fields.Signed("the terminal");
        ForegroundGroup = fields.Signed("the foreground group");
        Flags = fields.Unsigned("flags");
    }

    private void TakeTimes(ref FieldReader fields)
    {
        MinorFaults = fields.Unsigned("minor faults");
        ChildMinorFaults = fields.Unsigned("minor faults of children");
        MajorFaults = fields.Unsigned("major faults");
        ChildMajorFaults = fields.Unsigned("major faults of children");
        UserTicks = fields.Unsigned("user time");
        SystemTicks = fields.Unsigned("system time");
        ChildUserTicks = fields.Unsigned("user time of children");
        ChildSystemTicks = fields.Unsigned("system time of children");
        Priority = fields.Signed("the priority");
        Nice = fields.Signed("the nice value");
        Threads = fields.Signed("the number of threads");
        fields.Skip(1);   // the interval timer: always 0
        StartTicks = fields.Unsigned("the start time");
    }

    private void TakeMemory(ref FieldReader fields)
    {
        VirtualBytes = fields.Unsigned("the virtual size");
        ResidentPages = fields.Unsigned("the resident size");
        ResidentLimit = fields.Unsigned("the limit of the resident size");
        StartCode = fields.Unsigned("the start of the code");
        EndCode = fields.Unsigned("the end of the code");
        StartStack = fields.Unsigned("the start of the stack");
        StackPointer = fields.Unsigned("the stack pointer");
        InstructionPointer = fields.Unsigned("the instruction pointer");
        fields.Skip(7);   // signals, of which status tells more; whether it waits; two dead fields
    }

    /// <summary>Kernels before 2.6.24 end earlier; what they do not print stays 0.</summary>
    private void TakeScheduling(ref FieldReader fields)
    {
        ExitSignal = fields.Signed("the exit signal");
        Processor = fields.Signed("the CPU");
        RealTimePriority = fields.Signed("the real-time priority");
        Policy = fields.Signed("the policy");
        if (fields.IsAtEnd) return;
        DiskWaitTicks = fields.Unsigned("time waited for disks");
        if (fields.IsAtEnd) return;
        GuestTicks = fields.Unsigned("guest time");
        ChildGuestTicks = fields.Unsigned("guest time of children");
    }
}
