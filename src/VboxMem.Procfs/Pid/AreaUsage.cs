using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>The lines from Rss to Locked that smaps has for each area and smaps_rollup for all of them.</summary>
/// <remarks>fs/proc/task_mmu.c: __show_smap. No KSM, no hugetlb areas, no huge pages of files: these are 0.</remarks>
internal static class AreaUsage
{
    public static void RenderRow(in MemoryUsage usage, bool isRollup, ProcText text)
    {
        Pages("Rss:            "u8, usage.RssPages, text);
        Share("Pss:            "u8, usage.Pss, text);
        Share("Pss_Dirty:      "u8, usage.PssDirty, text);
        if (isRollup)
        {
            Share("Pss_Anon:       "u8, usage.PssAnon, text);
            Share("Pss_File:       "u8, usage.PssFile, text);
            Share("Pss_Shmem:      "u8, usage.PssShmem, text);
        }

        Pages("Shared_Clean:   "u8, usage.SharedCleanPages, text);
        Pages("Shared_Dirty:   "u8, usage.SharedDirtyPages, text);
        Pages("Private_Clean:  "u8, usage.PrivateCleanPages, text);
        Pages("Private_Dirty:  "u8, usage.PrivateDirtyPages, text);
        Pages("Referenced:     "u8, usage.ReferencedPages, text);
        Pages("Anonymous:      "u8, usage.AnonPages, text);
        Pages("KSM:            "u8, 0, text);
        Pages("LazyFree:       "u8, usage.LazyFreePages, text);
        Pages("AnonHugePages:  "u8, usage.AnonHugePages, text);
        Pages("ShmemPmdMapped: "u8, 0, text);
        Pages("FilePmdMapped:  "u8, 0, text);
        Pages("Shared_Hugetlb: "u8, 0, text);
        text.Literal("Private_Hugetlb:       0 kB\n"u8);
        Pages("Swap:           "u8, usage.SwapPages, text);
        Share("SwapPss:        "u8, usage.SwapPss, text);
        Share("Locked:         "u8, usage.LockedPss, text);
    }

    private static void Pages(ReadOnlySpan<byte> label, ulong pages, ProcText text) => text.Kilobytes(label, (long)pages);

    private static void Share(ReadOnlySpan<byte> label, PageShare share, ProcText text) =>
        text.Literal(label).Number(share.Kilobytes, 8).Literal(" kB\n"u8);
}
