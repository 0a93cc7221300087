// Messages of one line that memory management writes while the box runs.
//
// Units    bytes, kB where Linux prints k; addresses as numbers.
// Models   Linux 6.12: __vm_enough_memory, show_signal_msg, drop_caches_sysctl_handler, swapon
//          (facts: virtual memory, 2 and 4; reclaim, 6.1 and 7.7).
// Departs  the `Code:` line after a segfault is absent: simulated programs have no instructions.

namespace VboxMem.Kernel.Log;

/// <summary>A program's access to memory that it may not make.</summary>
/// <param name="Address">Where it went.</param>
/// <param name="InstructionPointer">Where the program was.</param>
/// <param name="StackPointer">Its stack pointer.</param>
/// <param name="ErrorCode">Bits: 1 protection (else not present), 2 write, 4 user, 16 fetch.</param>
/// <param name="Mapping">The file mapping that holds the instruction; null when it is in none.</param>
/// <param name="Cpu">The CPU it ran on, with its core and socket.</param>
public readonly record struct SegfaultFacts(
    string Comm, int Pid, ulong Address, ulong InstructionPointer, ulong StackPointer, uint ErrorCode, SegfaultMapping? Mapping, CpuPlace Cpu);

/// <summary>The mapping of a program's instruction: bytes from the start of the file to the instruction, and where it is mapped.</summary>
public readonly record struct SegfaultMapping(string File, ulong Offset, ulong Start, ulong Bytes);

/// <summary>A CPU's number and place in the machine.</summary>
public readonly record struct CpuPlace(int Cpu, int Core, int Socket);

/// <summary>What swapon tells of a new area.</summary>
/// <param name="Flags">SS for solid state, then D for discard, s for its area form, c for its page form; empty for a plain rotational disk.</param>
public readonly record struct SwapOnFacts(ulong Kilobytes, string Path, int Priority, uint Extents, ulong SpanKilobytes, string Flags);

/// <summary>Writes them.</summary>
public static class MemoryMessages
{
    /// <summary>A mapping that overcommit accounting refused.</summary>
    public static void PrintNotEnoughMemory(KernelLog log, LogClock clock, ref RateLimit limit, int pid, string comm, ulong bytes)
    {
        const string function = "__vm_enough_memory";
        if (!limit.Allows(log, clock, function)) return;

        log.Print(clock.Next(), LogLevel.Warning, $"{function}: pid: {pid}, comm: {comm}, bytes: {bytes} not enough memory for the allocation");
    }

    /// <summary>A program dies of SIGSEGV; worst of all when it is init.</summary>
    public static void PrintSegfault(KernelLog log, LogClock clock, ref RateLimit limit, in SegfaultFacts fault)
    {
        if (!limit.Allows(log, clock, "show_signal_msg")) return;

        var place = fault.Mapping is { } mapping ? $" in {mapping.File}[{mapping.Offset:x},{mapping.Start:x}+{mapping.Bytes:x}]" : "";
        log.Print(
            clock.Next(), fault.Pid > 1 ? LogLevel.Info : LogLevel.Emergency,
            $"{fault.Comm}[{fault.Pid}]: segfault at {fault.Address:x} ip {fault.InstructionPointer:x16} sp {fault.StackPointer:x16} error {fault.ErrorCode:x}{place} likely on CPU {fault.Cpu.Cpu} (core {fault.Cpu.Core}, socket {fault.Cpu.Socket})");
    }

    /// <summary>Somebody wrote to <c>/proc/sys/vm/drop_caches</c>.</summary>
    public static void PrintDropCaches(KernelLog log, LogClock clock, string comm, int pid, int value) =>
        log.Print(clock.Next(), LogLevel.Info, $"{comm} ({pid}): drop_caches: {value}");

    /// <summary>A swap area is in use now. Without flags the line ends in a blank.</summary>
    public static void PrintSwapOn(KernelLog log, LogClock clock, in SwapOnFacts swap) =>
        log.Print(
            clock.Next(), LogLevel.Info,
            $"Adding {swap.Kilobytes}k swap on {swap.Path}.  Priority:{swap.Priority} extents:{swap.Extents} across:{swap.SpanKilobytes}k {swap.Flags}");
}
