using VboxMem.FileTree;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>Parts of <c>/proc/PID/pagemap</c>: 8 bytes for each page of the address space, mapped or not; nothing where there is none.</summary>
/// <remarks>fs/proc/task_mmu.c: pagemap_read (facts: virtual memory, 6.5). The bits are explained in <see cref="PageMap"/>.</remarks>
internal static class Pagemap
{
    public static Errno RenderPart(in Subject subject, long offset, int length, ProcText text)
    {
        if (subject.Memory is not { } mm)
        {
            return Errno.None;
        }

        if (offset % PageMap.WordBytes != 0 || length % PageMap.WordBytes != 0)
        {
            return Errno.EINVAL;
        }

        var first = (ulong)offset / PageMap.WordBytes;
        var words = new ulong[Math.Min((ulong)length / PageMap.WordBytes, mm.EndPage - Math.Min(first, mm.EndPage))];
        PageMap.Read(subject.Machine, mm, first, words);
        foreach (var word in words)
        {
            text.Binary(word);
        }

        return Errno.None;
    }
}
