using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>The line of <c>/proc/PID/maps</c> that an area has, which also heads its part of smaps.</summary>
/// <remarks>
/// fs/proc/task_mmu.c: show_map_vma, get_vma_name (facts: virtual memory, 6.4). [heap] is every area that reaches into the heap; [vvar]
/// and [vdso] are known by their flags, which no other area has.
/// </remarks>
internal static class AreaLine
{
    /// <summary>Column, from 0, that a name begins in; a longer beginning of the line pushes it one blank further.</summary>
    private const int NameColumn = 73;
    private const int AddressDigits = 8;
    private const int DeviceDigits = 2;

    public static void Render(in Subject subject, MemoryDescriptor mm, Vma area, ProcText text)
    {
        var start = text.Length;
        if (area.Inode == 0)
        {
            RenderBeginning(area.StartPage, area.EndPage, area.Flags, text);
            text.Literal("00000000 00:00 0 "u8);
            RenderName(NameOf(mm, area), start, text);
            return;
        }

        var file = FileIdentity.Of(subject.Machine, area.Inode);
        RenderBeginning(area.StartPage, area.EndPage, area.Flags, text);
        text.Hexadecimal(UserSpace.AddressOf(area.FirstIndex), AddressDigits).Literal(" "u8);
        text.Hexadecimal(file.Major, DeviceDigits).Literal(":"u8).Hexadecimal(file.Minor, DeviceDigits);
        text.Literal(" "u8).Number(file.Number).Literal(" "u8);
        var path = file.Path.Replace("\n", "\\012", StringComparison.Ordinal);
        RenderName(file.IsDeleted ? path + " (deleted)" : path, start, text);
    }

    /// <summary>The line that heads smaps_rollup: from the first area to the last.</summary>
    public static void RenderRollup(MemoryDescriptor mm, ProcText text)
    {
        var start = text.Length;
        var areas = mm.Areas;
        RenderBeginning(areas.Count > 0 ? areas[0].StartPage : 0, areas.Count > 0 ? areas[^1].EndPage : 0, VmaFlags.None, text);
        text.Literal("00000000 00:00 0 "u8);
        RenderName("[rollup]", start, text);
    }

    private static void RenderBeginning(ulong startPage, ulong endPage, VmaFlags flags, ProcText text)
    {
        text.Hexadecimal(UserSpace.AddressOf(startPage), AddressDigits).Literal("-"u8);
        text.Hexadecimal(UserSpace.AddressOf(endPage), AddressDigits).Literal(" "u8);
        text.Literal((flags & VmaFlags.Read) != 0 ? "r"u8 : "-"u8);
        text.Literal((flags & VmaFlags.Write) != 0 ? "w"u8 : "-"u8);
        text.Literal((flags & VmaFlags.Execute) != 0 ? "x"u8 : "-"u8);
        text.Literal((flags & VmaFlags.MayShare) != 0 ? "s "u8 : "p "u8);
    }

    /// <summary>It reaches into the heap (vma_is_initial_heap).</summary>
    public static bool IsHeap(MemoryDescriptor mm, Vma area) =>
        UserSpace.AddressOf(area.StartPage) < mm.Brk && UserSpace.AddressOf(area.EndPage) > mm.StartBrk;

    /// <summary>It has the stack that the program was started with (vma_is_initial_stack).</summary>
    public static bool IsStack(MemoryDescriptor mm, Vma area) =>
        UserSpace.AddressOf(area.StartPage) <= mm.StartStack && UserSpace.AddressOf(area.EndPage) >= mm.StartStack;

    private static string NameOf(MemoryDescriptor mm, Vma area) =>
        area.Has(VmaFlags.PfnMap) ? "[vvar]"
        : area.Has(VmaFlags.Execute | VmaFlags.DontExpand) ? "[vdso]"
        : IsHeap(mm, area) ? "[heap]"
        : IsStack(mm, area) ? "[stack]"
        : "";

    private static void RenderName(string name, int start, ProcText text)
    {
        if (name.Length > 0)
        {
            text.Blanks(NameColumn - (text.Length - start));
            text.Text(name);
        }

        text.NewLine();
    }
}
