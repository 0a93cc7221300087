using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Log;

namespace VboxMem.Procfs.Dev;

/// <summary><c>/dev/kmsg</c>: read, all records of the kernel log one behind the other, as <c>cat</c> prints them; written, a new record.</summary>
/// <remarks>
/// kernel/printk/printk.c: devkmsg_read, devkmsg_write (facts: virtual memory and tools, 6.6). Departs: writes are not rate-limited.
/// </remarks>
internal static class Kmsg
{
    public static void Render(Machine machine, ProcText text)
    {
        foreach (var record in machine.Log.RecordsFrom(0))
        {
            KmsgRecord.Render(record, text);
        }
    }

    /// <summary>EINVAL for a text longer than a record.</summary>
    public static Errno Write(Machine machine, ReadOnlySpan<byte> content)
    {
        if (content.Length > KernelLog.MaxTextBytes)
        {
            return Errno.EINVAL;
        }

        var text = KmsgRecord.ParseWrite(content, out var facility, out var level);
        machine.Log.Append((long)machine.Now.Nanoseconds, facility, level, text);
        return Errno.None;
    }
}
