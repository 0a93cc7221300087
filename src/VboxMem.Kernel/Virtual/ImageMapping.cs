// Mapping a program into a new address space: its executable, the first library (the dynamic loader), vvar and vdso, the other
// libraries, the stack. No area is joined to another, so that their numbers say what they are.
//
//   executable at 0x555555554000, heap behind it      libraries downwards from mmap_base      stack below 0x7ffffffff000
//
// Models   Linux 6.12 fs/binfmt_elf.c: load_elf_binary; arch/x86/entry/vdso/vma.c; glibc's loader
//          (facts: virtual memory, 1.3, 1.5).
// Departs  vvar and vdso never have a page that is accounted; constants are one area, not one before and one behind the code.

using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class ImageMapping(Machine machine)
{
    private const VmaFlags ReadOnly = VmaFlags.Read | AreaRights.May | VmaFlags.SoftDirty;
    private const VmaFlags Text = ReadOnly | VmaFlags.Execute;
    private const VmaFlags Data = ReadOnly | VmaFlags.Write | VmaFlags.Account;
    private const VmaFlags Stack = VmaFlags.Read | VmaFlags.Write | AreaRights.May | VmaFlags.GrowsDown | VmaFlags.Account;
    private const VmaFlags Vdso = Text | VmaFlags.DontExpand;

    private const VmaFlags Vvar =
        VmaFlags.Read | VmaFlags.MayRead | VmaFlags.PfnMap | VmaFlags.Io | VmaFlags.DontExpand | VmaFlags.DontDump | VmaFlags.SoftDirty;

    /// <summary>Where the stack pointer starts: arguments and environment take the rest of the top page.</summary>
    private const ulong ArgumentBytes = 0x500;

    /// <summary>Maps all of it. False: no memory, or not so much may be promised; what is mapped then is the caller's to take down.</summary>
    public bool TryMap(Process task, MemoryDescriptor mm, ProgramImage image)
    {
        var first = UserSpace.PageOf(UserSpace.ExecutableBase);
        if (!TryMapImage(task, mm, image, first))
        {
            return false;
        }

        SetAddresses(mm, image);
        for (var i = 0; i < Math.Max(1, image.Libraries.Count); i++)
        {
            if (i < image.Libraries.Count && !TryMapLibrary(task, mm, image.Libraries[i]))
            {
                return false;
            }

            if (i == 0 && !TryMapVdso(mm))
            {
                return false;
            }
        }

        var top = UserSpace.WindowEndPage;
        return TryMapArea(task, mm, new AreaDescription(top - UserSpace.StackPages, top, Stack, 0, top - UserSpace.StackPages));
    }

    /// <summary>Number of the first area of an image that was mapped so: 0 the executable, then the libraries.</summary>
    public static uint FirstAreaOf(ProgramImage image, int index)
    {
        const uint vdsoAreas = 2;
        var area = 1u;
        for (var i = 0; i < index; i++)
        {
            area += new ImageSegments(ImageAt(image, i)).Areas + (i == 1 ? vdsoAreas : 0);
        }

        return area;
    }

    public static ProgramImage ImageAt(ProgramImage image, int index) => index == 0 ? image : image.Libraries[index - 1];

    private static void SetAddresses(MemoryDescriptor mm, ProgramImage image)
    {
        var segments = new ImageSegments(image);
        var first = UserSpace.PageOf(UserSpace.ExecutableBase);
        mm.StartCode = UserSpace.ExecutableBase;
        mm.EndCode = mm.StartCode + image.TextBytes;
        mm.StartData = UserSpace.AddressOf(first + segments.CodePages);
        mm.EndData = mm.StartData + image.DataBytes;
        mm.StartBrk = UserSpace.AddressOf(first + segments.Pages);
        mm.Brk = mm.StartBrk;
        mm.StartStack = UserSpace.WindowEnd - ArgumentBytes;
    }

    private bool TryMapLibrary(Process task, MemoryDescriptor mm, ProgramImage library)
    {
        var segments = new ImageSegments(library);
        return segments.Pages == 0
            || (AddressSearch.TryFind(mm, segments.Pages, 0, 0, isAligned: false, out var first) && TryMapImage(task, mm, library, first));
    }

    private bool TryMapVdso(MemoryDescriptor mm)
    {
        const ulong pages = UserSpace.VvarPages + UserSpace.VdsoPages;
        if (!AddressSearch.TryFind(mm, pages, 0, 0, isAligned: false, out var first))
        {
            return false;
        }

        var code = first + UserSpace.VvarPages;
        return TryInsert(mm, new AreaDescription(first, code, Vvar, 0, 0))
            && TryInsert(mm, new AreaDescription(code, code + UserSpace.VdsoPages, Vdso, 0, 0));
    }

    private bool TryMapImage(Process task, MemoryDescriptor mm, ProgramImage image, ulong first)
    {
        var segments = new ImageSegments(image);
        var inode = 0;
        if (segments.FilePages > 0)
        {
            inode = machine.FilePages.Resolve(image.Path, UserSpace.AddressOf(segments.FilePages));
            if (inode == 0)
            {
                return false;
            }
        }

        var constants = first + segments.TextPages;
        var data = constants + segments.ReadOnlyPages;
        var bss = data + segments.DataPages;
        return TryMapArea(task, mm, new AreaDescription(first, constants, Text, inode, 0))
            && TryMapArea(task, mm, new AreaDescription(constants, data, ReadOnly, inode, segments.TextPages))
            && TryMapArea(task, mm, new AreaDescription(data, bss, Data, inode, segments.CodePages))
            && TryMapArea(task, mm, new AreaDescription(bss, bss + segments.BssPages, Data, 0, bss));
    }

    private bool TryMapArea(Process task, MemoryDescriptor mm, in AreaDescription wanted)
    {
        if (wanted.Pages == 0)
        {
            return true;
        }

        var promised = (wanted.Flags & VmaFlags.Account) != 0 ? (long)wanted.Pages : 0;
        if (promised > 0 && !machine.Memory.TryCommit(task, promised))
        {
            return false;
        }

        if (TryInsert(mm, wanted))
        {
            return true;
        }

        machine.Memory.Uncommit(promised);
        return false;
    }

    private bool TryInsert(MemoryDescriptor mm, in AreaDescription wanted)
    {
        if (!machine.Memory.Areas.TryInsert(mm, wanted, out _))
        {
            return false;
        }

        AreaAccounting.Add(mm, wanted.Flags, wanted.Pages);
        return true;
    }
}
