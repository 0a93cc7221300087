using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/smaps</c>: each area with what of it is in memory and in swap.</summary>
/// <remarks>
/// fs/proc/task_mmu.c: show_smap, show_smap_vma_flags. No line ProtectionKey: the box's processors have none (no "pku" in cpuinfo).
/// </remarks>
internal static class Smaps
{
    /// <summary>Codes of the flags, in the order of their bits.</summary>
    private static readonly (VmaFlags Flag, byte[] Code)[] _codes =
    [
        (VmaFlags.Read, "rd "u8.ToArray()),
        (VmaFlags.Write, "wr "u8.ToArray()),
        (VmaFlags.Execute, "ex "u8.ToArray()),
        (VmaFlags.Shared, "sh "u8.ToArray()),
        (VmaFlags.MayRead, "mr "u8.ToArray()),
        (VmaFlags.MayWrite, "mw "u8.ToArray()),
        (VmaFlags.MayExecute, "me "u8.ToArray()),
        (VmaFlags.MayShare, "ms "u8.ToArray()),
        (VmaFlags.GrowsDown, "gd "u8.ToArray()),
        (VmaFlags.PfnMap, "pf "u8.ToArray()),
        (VmaFlags.Locked, "lo "u8.ToArray()),
        (VmaFlags.Io, "io "u8.ToArray()),
        (VmaFlags.SequentialRead, "sr "u8.ToArray()),
        (VmaFlags.RandomRead, "rr "u8.ToArray()),
        (VmaFlags.DontCopy, "dc "u8.ToArray()),
        (VmaFlags.DontExpand, "de "u8.ToArray()),
        (VmaFlags.LockOnFault, "lf "u8.ToArray()),
        (VmaFlags.Account, "ac "u8.ToArray()),
        (VmaFlags.NoReserve, "nr "u8.ToArray()),
        (VmaFlags.HugeTlb, "ht "u8.ToArray()),
        (VmaFlags.WipeOnFork, "wf "u8.ToArray()),
        (VmaFlags.DontDump, "dd "u8.ToArray()),
        (VmaFlags.SoftDirty, "sd "u8.ToArray()),
        (VmaFlags.HugePage, "hg "u8.ToArray()),
        (VmaFlags.NoHugePage, "nh "u8.ToArray()),
        (VmaFlags.Mergeable, "mg "u8.ToArray()),
    ];

    public static void Render(in Subject subject, ProcText text)
    {
        if (subject.Memory is not { } mm)
        {
            return;
        }

        foreach (var area in mm.Areas)
        {
            AreaLine.Render(subject, mm, area, text);
            text.Kilobytes("Size:           "u8, (long)area.Pages);
            text.Literal("KernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"u8);
            AreaUsage.RenderRow(MemoryUsage.Of(subject.Machine, mm, area), isRollup: false, text);
            text.Literal("THPeligible:           "u8).Literal(subject.Machine.ThpSettings.IsEligible(area) ? "1\n"u8 : "0\n"u8);
            RenderFlags(area.Flags, text);
        }
    }

    /// <summary><c>/proc/PID/smaps_rollup</c>: the sums over all areas.</summary>
    /// <remarks>fs/proc/task_mmu.c: show_smaps_rollup.</remarks>
    public static void RenderRollup(in Subject subject, ProcText text)
    {
        var mm = subject.Memory!;
        AreaLine.RenderRollup(mm, text);
        AreaUsage.RenderRow(MemoryUsage.Of(subject.Machine, mm), isRollup: true, text);
    }

    private static void RenderFlags(VmaFlags flags, ProcText text)
    {
        text.Literal("VmFlags: "u8);
        foreach (var (flag, code) in _codes)
        {
            text.Literal((flags & flag) != 0 ? code : ""u8);
        }

        text.NewLine();
    }
}
