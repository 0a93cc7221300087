using VboxMem.FileTree;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>Writes to <c>/proc/PID/clear_refs</c>: a decimal number, 1 to 5. They are taken of a task without an address space too, and do nothing.</summary>
/// <remarks>fs/proc/task_mmu.c: clear_refs_write (facts: virtual memory, 6.5).</remarks>
internal static class ClearRefsFile
{
    public static Errno Write(in Subject subject, ReadOnlySpan<byte> content)
    {
        var error = WrittenNumber.TryParse(content, out var value, isDecimal: true);
        if (error != Errno.None)
        {
            return error;
        }

        if (value is < (int)ClearRefsKind.All or > (int)ClearRefsKind.PeakRss)
        {
            return Errno.EINVAL;
        }

        if (subject.Memory is { } mm)
        {
            ClearRefs.Apply(subject.Machine, mm, (ClearRefsKind)value);
        }

        return Errno.None;
    }
}
