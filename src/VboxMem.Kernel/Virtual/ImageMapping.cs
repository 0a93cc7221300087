// Mapping a program into a new address space: its executable, the first library (the dynamic loader), vvar and vdso, the other
// libraries, the stack, the heap. Until there is a heap no area is joined to another, so that their numbers say what they are.
//
//   executable, heap behind it      libraries downwards from mmap_base      stack, all where AddressLayout puts them
//
// Models   Linux 6.12 fs/binfmt_elf.c: load_elf_binary; arch/x86/entry/vdso/vma.c; glibc's loader
//          (facts: virtual memory, 1.3, 1.5).
// Departs  vvar and vdso never have a page that is accounted; no two segments share a page of the file, as linkers let constants and
//          data do.

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

    private readonly EntryRights _rights = new(machine);

    /// <summary>Maps all of it. False: no memory, or not so much may be promised; what is mapped then is the caller's to take down.</summary>
    public bool TryMap(Process task, MemoryDescriptor mm, ProgramImage image)
    {
        var tunables = machine.Tunables;
        var layout = AddressLayout.Draw(
            ref task.Chance, machine.KernelSettings.RandomizeVaSpace, tunables.MmapRandomBits, tunables.LegacyVaLayout);
        SetAddresses(mm, image, layout);
        if (!TryResolve(image, out var inode) || !TryMapImage(task, mm, image, inode, FirstPage(image, layout)))
        {
            return false;
        }

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

        var top = UserSpace.PageOf(layout.StackEnd);
        return TryMapArea(task, mm, new AreaDescription(top - UserSpace.StackPages, top, Stack, 0, top - UserSpace.StackPages))
            && TryMapHeap(task, mm, UserSpace.PagesFor(image.HeapBytes));
    }

    /// <summary>Makes read-only what the start has relocated (the loader's mprotect).</summary>
    public void Protect(MemoryDescriptor mm, ProgramImage image)
    {
        for (var i = 0; i <= image.Libraries.Count; i++)
        {
            var segments = new ImageSegments(ImageAt(image, i));
            if (segments.RelocatedPages == 0 || mm.ById(FirstAreaOf(image, i) + segments.AreasBeforeRelocated) is not { } area)
            {
                continue;
            }

            AreaAccounting.Remove(mm, area.Flags, area.Pages);
            area.Flags &= ~VmaFlags.Write;
            AreaAccounting.Add(mm, area.Flags, area.Pages);
            for (var page = area.StartPage; page < area.EndPage;)
            {
                page = _rights.Change(mm, area, page, area.EndPage);
            }
        }
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

    private static ulong FirstPage(ProgramImage image, in AddressLayout layout) =>
        UserSpace.PageOf(image.HasFixedAddress ? UserSpace.FixedExecutableBase : layout.ExecutableBase);

    private static void SetAddresses(MemoryDescriptor mm, ProgramImage image, in AddressLayout layout)
    {
        var segments = new ImageSegments(image);
        var first = FirstPage(image, layout);
        mm.StartCode = UserSpace.AddressOf(first + segments.HeaderPages);
        mm.EndCode = mm.StartCode + image.TextBytes;
        mm.StartData = UserSpace.AddressOf(first + segments.CodePages);
        mm.EndData = mm.StartData + UserSpace.AddressOf(segments.RelocatedPages) + image.DataBytes;
        mm.StartBrk = UserSpace.AddressOf(first + segments.Pages + layout.HeapGapPages);
        mm.Brk = mm.StartBrk;
        mm.StartStack = layout.StackPointer;
        mm.MmapBase = layout.MmapBase;
        mm.LegacyBase = layout.LegacyBase;
        mm.IsBottomUp = layout.IsBottomUp;
    }

    private bool TryResolve(ProgramImage image, out int inode)
    {
        inode = 0;
        var pages = new ImageSegments(image).FilePages;
        if (pages > 0)
        {
            inode = machine.FilePages.Resolve(image.Path, UserSpace.AddressOf(pages));
        }

        return pages == 0 || inode != 0;
    }

    private bool TryMapLibrary(Process task, MemoryDescriptor mm, ProgramImage library)
    {
        var pages = new ImageSegments(library).Pages;
        if (pages == 0)
        {
            return true;
        }

        if (!TryResolve(library, out var inode))
        {
            return false;
        }

        var isAligned = inode != 0 && !machine.FilePages.IsShmem(inode);
        if (!AddressSearch.TryFind(mm, pages, 0, 0, isAligned, out var first))
        {
            return false;
        }

        mm.LibraryCode = UserSpace.AddressOf(first + new ImageSegments(library).HeaderPages);
        return TryMapImage(task, mm, library, inode, first);
    }

    /// <summary>The heap that the program's library takes at once. It is joined to a bss that it touches.</summary>
    private bool TryMapHeap(Process task, MemoryDescriptor mm, ulong pages)
    {
        if (pages == 0)
        {
            return true;
        }

        var start = UserSpace.PageOf(mm.StartBrk);
        if (!machine.Memory.TryCommit(task, (long)pages))
        {
            return false;
        }

        if (!machine.Memory.Areas.TryMap(mm, new AreaDescription(start, start + pages, Data, 0, start), out _))
        {
            machine.Memory.Uncommit((long)pages);
            return false;
        }

        mm.Brk = UserSpace.AddressOf(start + pages);
        return true;
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

    private bool TryMapImage(Process task, MemoryDescriptor mm, ProgramImage image, int inode, ulong first)
    {
        var segments = new ImageSegments(image);
        var text = first + segments.HeaderPages;
        var constants = text + segments.TextPages;
        var relocated = constants + segments.ReadOnlyPages;
        var data = relocated + segments.RelocatedPages;
        var bss = data + segments.DataPages;
        return TryMapArea(task, mm, new AreaDescription(first, text, ReadOnly, inode, 0))
            && TryMapArea(task, mm, new AreaDescription(text, constants, Text, inode, text - first))
            && TryMapArea(task, mm, new AreaDescription(constants, relocated, ReadOnly, inode, constants - first))
            && TryMapArea(task, mm, new AreaDescription(relocated, data, Data, inode, relocated - first))
            && TryMapArea(task, mm, new AreaDescription(data, bss, Data, inode, data - first))
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
