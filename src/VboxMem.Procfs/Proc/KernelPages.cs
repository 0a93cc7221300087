using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;

namespace VboxMem.Procfs.Proc;

/// <summary><c>/proc/kpagecount</c> and <c>/proc/kpageflags</c>: 8 bytes a frame, read in parts.</summary>
/// <remarks>fs/proc/page.c: kpagecount_read, kpageflags_read (facts: virtual memory and tools, 6.6). Departs: no kpagecgroup, as no group owns pages.</remarks>
internal static class KernelPages
{
    private const int EntryBytes = sizeof(ulong);

    public static IEnumerable<ProcFile> Files()
    {
        yield return ProcFile.Bulky("/proc/kpagecount", FileModes.ReadOwner, static (machine, offset, length, text) =>
            RenderEntries(machine, offset, length, text, PageExport.MapCountOf));
        yield return ProcFile.Bulky("/proc/kpageflags", FileModes.ReadOwner, static (machine, offset, length, text) =>
            RenderEntries(machine, offset, length, text, PageExport.FlagsOf));
    }

    private static Errno RenderEntries(Machine machine, long offset, int length, ProcText text, Func<Machine, ulong, ulong> entryOf)
    {
        if (offset % EntryBytes != 0 || length % EntryBytes != 0)
        {
            return Errno.EINVAL;
        }

        var first = (ulong)offset / EntryBytes;
        var end = Math.Min(first + (ulong)(length / EntryBytes), PageExport.Count(machine));
        for (var frame = first; frame < end; frame++)
        {
            text.Binary(entryOf(machine, frame));
        }

        return Errno.None;
    }
}
