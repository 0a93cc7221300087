using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>What a program learns when its request is done.</summary>
/// <param name="Value">The answer; negative: a <see cref="SystemCallError"/>.</param>
/// <param name="Now">The time on its CPU.</param>
/// <param name="Pid">Its process's pid (getpid).</param>
/// <param name="Signal">A signal it handles that has come in; <see cref="Signal.None"/>: none.</param>
/// <param name="ThreadId">Its own number (gettid).</param>
/// <param name="Shared">What it shares with the other threads of its process; null: nothing.</param>
public readonly record struct Reply(
    long Value, SimTime Now, int Pid, Signal Signal = Signal.None, int ThreadId = 0, UserSharedState? Shared = null)
{
    public bool IsError => Value < 0;

    public SystemCallError Error => Value < 0 ? (SystemCallError)(-Value) : SystemCallError.None;

    /// <summary>After <see cref="RequestKind.WaitChild"/>: who has died; 0: nobody.</summary>
    public int ChildPid => IsError ? 0 : (int)(Value & int.MaxValue);

    /// <summary>After <see cref="RequestKind.WaitChild"/>: how it has died: an exit code, or 128 and the number of the signal.</summary>
    public int ChildExitCode => IsError ? 0 : (int)(Value >> 32);
}

/// <summary>What exec maps for a program: a static or dynamic executable. Sizes in bytes. Immutable.</summary>
/// <param name="Path">The executable's file.</param>
/// <param name="TextBytes">Code, r-x.</param>
/// <param name="ReadOnlyBytes">Constants, r--.</param>
/// <param name="DataBytes">Initialised data, rw-, private.</param>
/// <param name="BssBytes">Zeroed data behind it.</param>
/// <param name="StartedBytes">Of text and constants, what starting it reads through the page cache and maps.</param>
/// <param name="DirtiedBytes">Of data, bss and stack, what starting it writes.</param>
/// <param name="Libraries">Shared libraries, mapped in this order below mmap_base.</param>
/// <param name="Name">What the program calls itself (PR_SET_NAME); null: what its file is called.</param>
public sealed record ProgramImage(
    string Path, ulong TextBytes, ulong ReadOnlyBytes, ulong DataBytes, ulong BssBytes, ulong StartedBytes, ulong DirtiedBytes,
    IReadOnlyList<ProgramImage> Libraries, string? Name = null)
{
    private const int LongestComm = 15;

    /// <summary>What is mapped in front of the code, r--.</summary>
    public ulong HeaderBytes { get; init; }

    /// <summary>Constants that the start relocates and then protects (RELRO), in front of the data: r--, private, the written pages its own.</summary>
    public ulong RelocatedBytes { get; init; }

    /// <summary>An executable linked for one address, 0x400000; others lie anywhere.</summary>
    public bool HasFixedAddress { get; init; }

    /// <summary>Heap that the start of an executable takes (its C library does), and what it writes of that.</summary>
    public ulong HeapBytes { get; init; }

    public ulong HeapDirtiedBytes { get; init; }

    /// <summary>Of the stack, what the start writes besides <see cref="DirtiedBytes"/>.</summary>
    public ulong StackDirtiedBytes { get; init; }

    /// <summary>The name of its process.</summary>
    public string Comm => CommOf(Path);

    /// <summary>The name of its process when it is started under a path: at most 15 characters, as TASK_COMM_LEN leaves.</summary>
    public string CommOf(string path) => Truncated(Name ?? path[(path.LastIndexOf('/') + 1)..]);

    internal static string Truncated(string name) => name.Length > LongestComm ? name[..LongestComm] : name;

    /// <summary>Bytes of the file.</summary>
    public ulong FileBytes => HeaderBytes + TextBytes + ReadOnlyBytes + RelocatedBytes + DataBytes;
}

/// <summary>
/// What runs in a thread of a user process: a state machine, all of whose state is in fields, that is asked for its next request whenever the
/// last one is done. Written above the kernel (VboxMem.Workloads). No closures, iterators or clocks: it is copied and hashed.
/// </summary>
public abstract class UserProgram
{
    /// <summary>What exec maps, and what the process is called then.</summary>
    public abstract ProgramImage Image { get; }

    /// <summary>Its arguments, the first of them its own name, each ended by a zero character.</summary>
    public virtual string CommandLine => Image.Path + '\0';

    /// <summary>Signals it handles, by bit (1 &lt;&lt; number): they come with the next <see cref="Reply"/> instead of ending it.</summary>
    public virtual ulong HandledSignals => 0;

    /// <summary>What its threads will share in user space, made when exec has started it; null: nothing.</summary>
    public virtual UserSharedState? MakeShared() => null;

    /// <summary>The next thing the program does.</summary>
    /// <param name="last">The answer to its last request; at the start a value of 0.</param>
    public abstract Request Next(in Reply last);

    /// <summary>A copy that goes on exactly as this one would.</summary>
    public abstract UserProgram Clone();

    public abstract void HashInto(StateHash hash);
}
