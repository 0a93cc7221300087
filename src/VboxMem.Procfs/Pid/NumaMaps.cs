using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/numa_maps</c>: a line for each area: its policy, what it is, its pages and on which nodes they lie.</summary>
/// <remarks>
/// fs/proc/task_mmu.c: show_numa_map (facts: virtual memory, 6.5). Nobody sets a memory policy: all areas have the default one. Figures
/// that say nothing (no page of the kind, or all of them) are left out.
/// </remarks>
internal static class NumaMaps
{
    private const int AddressDigits = 8;

    public static void Render(in Subject subject, ProcText text)
    {
        if (subject.Memory is not { } mm)
        {
            return;
        }

        foreach (var area in mm.Areas)
        {
            text.Hexadecimal(UserSpace.AddressOf(area.StartPage), AddressDigits).Literal(" default"u8);
            RenderName(subject, mm, area, text);
            RenderPages(NodeUsage.Of(subject.Machine, mm, area), text);
            text.NewLine();
        }
    }

    private static void RenderName(in Subject subject, MemoryDescriptor mm, Vma area, ProcText text)
    {
        if (area.Inode != 0)
        {
            var file = FileIdentity.Of(subject.Machine, area.Inode);
            text.Literal(" file="u8).Text(Escaped(file.IsDeleted ? file.Path + " (deleted)" : file.Path));
        }
        else if (AreaLine.IsHeap(mm, area))
        {
            text.Literal(" heap"u8);
        }
        else if (AreaLine.IsStack(mm, area))
        {
            text.Literal(" stack"u8);
        }
    }

    private static void RenderPages(NodeUsage usage, ProcText text)
    {
        if (usage.Pages == 0)
        {
            return;
        }

        Figure(" anon="u8, usage.AnonPages, usage.AnonPages > 0, text);
        Figure(" dirty="u8, usage.DirtyPages, usage.DirtyPages > 0, text);
        Figure(" mapped="u8, usage.Pages, usage.Pages != usage.AnonPages && usage.Pages != usage.DirtyPages, text);
        Figure(" mapmax="u8, usage.MostMappings, usage.MostMappings > 1, text);
        Figure(" swapcache="u8, usage.SwapCachePages, usage.SwapCachePages > 0, text);
        Figure(" active="u8, usage.ActivePages, usage.ActivePages < usage.Pages, text);
        Figure(" writeback="u8, usage.WritebackPages, usage.WritebackPages > 0, text);
        for (var node = 0; node < usage.NodePages.Length; node++)
        {
            if (usage.NodePages[node] > 0)
            {
                text.Literal(" N"u8).Number((long)node).Literal("="u8).Number(usage.NodePages[node]);
            }
        }

        text.Literal(" kernelpagesize_kB=4"u8);
    }

    private static void Figure(ReadOnlySpan<byte> label, ulong pages, bool isShown, ProcText text)
    {
        if (isShown)
        {
            text.Literal(label).Number(pages);
        }
    }

    /// <summary>Blanks, tabs, line breaks and equals signs of a path as octal numbers.</summary>
    private static string Escaped(string path) => path
        .Replace("\n", "\\012", StringComparison.Ordinal).Replace("\t", "\\011", StringComparison.Ordinal)
        .Replace("=", "\\075", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal);
}
