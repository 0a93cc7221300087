namespace VboxMem.Kernel.Sched;

/// <summary>What a program asks of the kernel, or does by itself. Operands A to D as the comments say; addresses and sizes in bytes.</summary>
public enum RequestKind : byte
{
    None,

    /// <summary>Ends the process, all its threads (exit_group). A: exit code.</summary>
    Exit,

    /// <summary>Computes. A: nanoseconds.</summary>
    Compute,

    /// <summary>Sleeps. A: nanoseconds.</summary>
    Sleep,

    /// <summary>Sleeps to a moment. A: nanoseconds since boot.</summary>
    SleepUntil,

    /// <summary>Waits for a signal. A: 1 for sigsuspend(2), else pause(2).</summary>
    Pause,

    /// <summary>Reads or writes memory, page by page. A: address, B: bytes, C: TouchKind, D: nanoseconds of work a page (0: the cost of an access).</summary>
    Touch,

    /// <summary>Maps memory. A: length, B: MapFlags and the address, C: file descriptor, D: file offset. Answers the address.</summary>
    Mmap,

    /// <summary>A: address, B: length.</summary>
    Munmap,

    /// <summary>A: address, B: old length, C: new length, D: 0 it may move, 1 it must not, else where to. Answers the new address.</summary>
    Mremap,

    /// <summary>A: address, B: length, C: MapFlags (read, write, execute).</summary>
    Mprotect,

    /// <summary>A: new end of the heap, 0 to ask. Answers the end.</summary>
    Brk,

    /// <summary>A: address, B: length, C: Advice.</summary>
    Madvise,

    /// <summary>A: address, B: length, C: 1 for MLOCK_ONFAULT.</summary>
    Mlock,
    Munlock,

    /// <summary>A: MCL_CURRENT 1, MCL_FUTURE 2, MCL_ONFAULT 4.</summary>
    Mlockall,
    Munlockall,

    /// <summary>Waits for something to receive on a socket, or for a moment (epoll_wait). A: descriptor, NoDescriptor for none; B: nanoseconds
    /// since boot, 0: no end; C: 1 for poll(2) itself. Answers 1 when there is something, else 0: the moment has come, or a signal that is handled.</summary>
    Poll,

    /// <summary>Makes a datagram socket that others reach by the name Path (AF_UNIX). Answers a descriptor.</summary>
    Bind,

    /// <summary>Sends a datagram to the socket called Path. A: the word it carries, B: its bytes. Sleeps while the receiver's queue is
    /// full. Answers the bytes, or ECONNREFUSED.</summary>
    SendTo,

    /// <summary>Takes a datagram. A: descriptor. Answers the word it carries, or EAGAIN.</summary>
    ReceiveFrom,

    /// <summary>Takes a connection of a client outside the box (TCP). Answers a descriptor; Read and Write copy through it.</summary>
    Accept,

    /// <summary>Sends part of a file out through a connection, from the file's position on, without a buffer of the program (sendfile). A:
    /// the file's descriptor, B: bytes, C: the connection's. Answers bytes sent.</summary>
    SendFile,

    /// <summary>Ends an answer to a client: what it waited for is there. A: the connection, B: bytes written last, C: when the client
    /// asked, in nanoseconds since boot. Path: the service it asked, under which the client keeps the response time.</summary>
    Respond,

    /// <summary>initgroups, setgid and setuid: no group but the one. A: uid, B: gid.</summary>
    SetIdentity,

    /// <summary>A: nice value, as a signed number.</summary>
    SetNice,

    /// <summary>Begins a session and a process group of its own (setsid). A: number of its terminal, 0 for none.</summary>
    SetSession,

    /// <summary>Moves itself into the control group Path.</summary>
    JoinCgroup,

    /// <summary>Overwrites its arguments with Path, which /proc/PID/cmdline then shows (setproctitle).</summary>
    SetTitle,

    /// <summary>Opens Path. A: OpenFlags, B: size the file is to have if it is made. Answers a descriptor.</summary>
    Open,

    /// <summary>A: descriptor.</summary>
    Close,

    /// <summary>Reads from the file's position. A: descriptor, B: bytes. Answers bytes read.</summary>
    Read,

    /// <summary>Writes at the file's position. A: descriptor, B: bytes. Answers bytes written.</summary>
    Write,

    /// <summary>A: descriptor, B: position from the start.</summary>
    Seek,

    /// <summary>A: descriptor.</summary>
    Fsync,
    Sync,

    /// <summary>A: descriptor, B: length.</summary>
    Truncate,

    /// <summary>Removes Path.</summary>
    Unlink,

    /// <summary>Looks Path up. Answers 0 or ENOENT.</summary>
    Stat,

    /// <summary>A: descriptor, B: offset, C: length (0: to the end), D: Advice of fadvise.</summary>
    Fadvise,

    /// <summary>Forks; the child runs Program. Answers the child's pid.</summary>
    Fork,

    /// <summary>Becomes another program: Path is its file, Program what runs then.</summary>
    Execute,

    /// <summary>Waits for a child. A: 1 to return at once when none has died. Answers its pid, 0, or ECHILD.</summary>
    WaitChild,

    /// <summary>A: pid, B: signal; 0: only looks whether there is such a process. With a Path instead of a pid: to all processes of that
    /// control group.</summary>
    Kill,

    /// <summary>A: the new value, as a signed number.</summary>
    SetOomScoreAdj,

    /// <summary>Puts a disk into use as swap. Path: its file, such as /dev/vdb; A: priority, as a signed number, below 0: the next lower one
    /// that the kernel gives. Answers 0, ENOENT, EBUSY (swap already, or mounted), EINVAL (too small), ENOMEM, or EPERM (too many areas).</summary>
    SwapOn,

    /// <summary>Takes a swap area out of use. Path: its file; null: A is its number. Answers 0, ENOENT, EINVAL (not in use), or ENOMEM.</summary>
    SwapOff,

    /// <summary>Makes a thread of the process, which runs Program. A: address of the word that is its tid while it lives, 0: none. Answers its tid.</summary>
    CloneThread,

    /// <summary>Ends the thread (exit); with the last one the process. A: exit code.</summary>
    ExitThread,

    /// <summary>Sleeps until woken if the shared word at A has the value B, else EAGAIN.</summary>
    FutexWait,

    /// <summary>Wakes B threads at most that wait for the shared word at A. Answers how many.</summary>
    FutexWake,

    /// <summary>Names the thread (PR_SET_NAME). Path: the name.</summary>
    SetName,

    /// <summary>Answers how many CPUs it may run on (sched_getaffinity).</summary>
    CountCpus,

    /// <summary>Reads a figure that /proc/meminfo or /proc/self/status shows. A: <see cref="Accounting.MemoryFigure"/>. Answers pages.</summary>
    ReadFigure,
}

/// <summary>One request. Plain data but for the program that a fork or an exec brings along.</summary>
public readonly record struct Request(
    RequestKind Kind, ulong A = 0, ulong B = 0, ulong C = 0, ulong D = 0, string? Path = null, UserProgram? Program = null)
{
    /// <summary>Of <see cref="RequestKind.Poll"/>: no descriptor.</summary>
    public const ulong NoDescriptor = ulong.MaxValue;

    public void HashInto(StateHash hash)
    {
        hash.Add((ulong)Kind);
        hash.Add(A);
        hash.Add(B);
        hash.Add(C);
        hash.Add(D);
        hash.Add(Path ?? "");
        Program?.HashInto(hash);
    }
}

/// <summary>How <see cref="RequestKind.Touch"/> uses the memory.</summary>
public enum TouchKind : byte
{
    Read,
    Write,

    /// <summary>Writes nothing but zeros.</summary>
    WriteZeros,

    /// <summary>Runs its own code: the address counts from where the code of its executable begins, which chance has decided.</summary>
    Run,

    /// <summary>Runs code of its last library, the C library, likewise.</summary>
    RunLibrary,
}

/// <summary>The kernel's answers to a request that cannot be met, by Linux's numbers; programs see them negated.</summary>
public enum SystemCallError
{
    None = 0,
    NotPermitted = 1,
    NoEntry = 2,
    NoProcess = 3,
    Interrupted = 4,
    Io = 5,
    BadDescriptor = 9,
    NoChild = 10,
    Again = 11,
    NoMemory = 12,
    AccessDenied = 13,
    BadAddress = 14,
    Busy = 16,
    Exists = 17,
    NoDevice = 19,
    IsDirectory = 21,
    Invalid = 22,
    TooManyFiles = 24,
    NoSpace = 28,
    ReadOnly = 30,
    NotSocket = 88,
    AddressInUse = 98,
    ConnectionRefused = 111,
}
