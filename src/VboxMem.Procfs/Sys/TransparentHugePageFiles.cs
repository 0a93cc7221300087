using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/kernel/mm/transparent_hugepage</c> that have state behind them.</summary>
/// <remarks>mm/huge_memory.c: enabled_show, enabled_store (facts: physical memory, 2.1 and 6.1).</remarks>
internal static class TransparentHugePageFiles
{
    private const string Directory = "/sys/kernel/mm/transparent_hugepage/";

    public static IEnumerable<ProcFile> Files()
    {
        yield return new(Directory + "enabled", FileModes.ReadAllWriteOwner, RenderEnabled, WriteEnabled);
        yield return new(Directory + "hpage_pmd_size", FileModes.ReadAll, static (_, text) =>
            text.Number((ulong)PageGeometry.PageblockPages * PageGeometry.PageBytes).NewLine());
    }

    private static void RenderEnabled(Machine machine, ProcText text) => text.Literal(machine.ThpSettings.Mode switch
    {
        HugePageMode.Always => "[always] madvise never\n"u8,
        HugePageMode.Madvise => "always [madvise] never\n"u8,
        _ => "always madvise [never]\n"u8,
    });

    /// <summary>Sets the mode. Any accepted write, even of the same word, makes the kernel work its own min_free_kbytes out anew.</summary>
    private static Errno WriteEnabled(Machine machine, ReadOnlySpan<byte> content)
    {
        if (content is [.., (byte)'\n'])
        {
            content = content[..^1];
        }

        if (content.SequenceEqual("always"u8))
        {
            machine.ThpSettings.Mode = HugePageMode.Always;
        }
        else if (content.SequenceEqual("madvise"u8))
        {
            machine.ThpSettings.Mode = HugePageMode.Madvise;
        }
        else if (content.SequenceEqual("never"u8))
        {
            machine.ThpSettings.Mode = HugePageMode.Never;
        }
        else
        {
            return Errno.EINVAL;
        }

        machine.Limits.Recompute(machine.ThpSettings.Mode != HugePageMode.Never);
        return Errno.None;
    }
}
