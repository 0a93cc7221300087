// First access to a page of a mapped file (or shmem): read, private write, shared write.
//
//   read            what is cached of the 64 KiB around is mapped along; the page itself is read if need be
//   private write   a copy is mapped, the file's own page is not
//   shared write    the file system is asked (page_mkwrite), the page is mapped writable and is dirty
//
// Models   Linux 6.12 mm/memory.c: do_read_fault, do_fault_around, do_cow_fault, do_shared_fault, finish_fault,
//          fault_dirty_shared_page; mm/filemap.c: filemap_map_pages, next_uptodate_folio (facts: virtual memory, 3.1, 3.2).
// Departs  the page to copy is found before the page for the copy is allocated, not after.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class MappedFileFault(Machine machine)
{
    private const VmaFlags AdviceFlags = VmaFlags.RandomRead | VmaFlags.SequentialRead;

    private readonly PageFrames _frames = machine.Frames;

    public FaultResult Handle(in Fault fault, Span<PageTableEntry> entries)
    {
        fault.Task.FaultOrigin = Log.AllocationOrigin.FileFault;
        if (!fault.IsWrite)
        {
            return Read(fault, entries);
        }

        return fault.Area.Has(VmaFlags.Shared) ? WriteShared(fault, entries) : WritePrivate(fault, entries);
    }

    private FaultResult Read(in Fault fault, Span<PageTableEntry> entries)
    {
        MapAround(fault, entries);
        if (entries[fault.PteIndex].IsNone)
        {
            var result = TryGetPage(fault, out var folio);
            if (result != FaultResult.Done)
            {
                return result;
            }

            Map(fault.Memory, fault.Area, ref entries[fault.PteIndex], folio);
        }

        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
        return FaultResult.Done;
    }

    private FaultResult WriteShared(in Fault fault, Span<PageTableEntry> entries)
    {
        var result = TryGetPage(fault, out var folio);
        if (result != FaultResult.Done)
        {
            return result;
        }

        var isFile = _frames[folio].Owner == FrameOwner.File;

        ref var entry = ref entries[fault.PteIndex];
        Map(fault.Memory, fault.Area, ref entry, folio);
        entry = entry.With(AreaProtection.Of(fault.Area, isWritable: true) | EntryBits.Dirty | EntryBits.SoftDirty);
        machine.Dirty.MarkDirty(folio);
        if (isFile)
        {
            fault.Task.Flags |= ProcessFlags.OwesBalance;
        }
        else if (!fault.WritesZeros)
        {
            entry = ZeroContent.Written(_frames, entry);
        }

        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
        return FaultResult.Done;
    }

    private FaultResult WritePrivate(in Fault fault, Span<PageTableEntry> entries)
    {
        if (!machine.ReverseMap.TryPrepareAnon(fault.Memory, fault.Area))
        {
            return fault.NoMemory;
        }

        var result = TryGetPage(fault, out var original);
        if (result != FaultResult.Done)
        {
            return result;
        }

        var isMade = NewAnonPage.TryMake(machine, fault, fromZeros: false, out var copy);
        machine.Lru.Put(original);
        if (!isMade)
        {
            return fault.NoMemory;
        }

        machine.Paths.Count(ReachedPath.FaultFileWritePrivate);
        entries[fault.PteIndex] = NewAnonPage.EntryOf(fault, copy, _frames);
        NewAnonPage.Map(machine, fault, copy);
        fault.Memory.RssAnonPages++;
        machine.Cpus.SpendInKernel(machine.Costs.CopyFault);
        return FaultResult.Done;
    }

    /// <summary>The page at fault, up to date and with a reference for the caller.</summary>
    private FaultResult TryGetPage(in Fault fault, out Pfn folio)
    {
        var index = fault.Area.IndexOf(fault.Page);
        var result = machine.FilePages.Fault(
            fault.Task, fault.Area.Inode, index, fault.Area.Flags & AdviceFlags, out folio, out var isMajor);
        if (isMajor || result != StepResult.Done)
        {
            PageFault.NoteWait(fault.Task, isMajor);
        }

        if (result != StepResult.Done)
        {
            return FaultResult.Wait;
        }

        if (folio != Pfn.None)
        {
            return FaultResult.Done;
        }

        return index >= machine.FilePages.SizePages(fault.Area.Inode) ? FaultResult.BusError : fault.NoMemory;
    }

    private void MapAround(in Fault fault, Span<PageTableEntry> entries)
    {
        var inode = fault.Area.Inode;
        var index = fault.Area.IndexOf(fault.Page);
        var window = FaultAround.Of(fault.PteIndex, fault.Page - fault.Area.StartPage, fault.Area.Pages)
            .ClippedToFile(fault.PteIndex, index, machine.FilePages.SizePages(inode));
        for (var at = window.FirstEntry; at <= window.LastEntry; at++)
        {
            if (!entries[at].IsNone)
            {
                continue;
            }

            var folio = machine.PageCache.Find(inode, index + (ulong)at - (ulong)fault.PteIndex);
            if (folio != Pfn.None && MayMapAlong(_frames[folio]))
            {
                machine.Lru.Get(folio);
                Map(fault.Memory, fault.Area, ref entries[at], folio);
                machine.Paths.Count(ReachedPath.FaultMapsAround);
            }
        }
    }

    private static bool MayMapAlong(in PageFrame frame) =>
        frame.Has(PageFlags.UpToDate) && !frame.HasAny(PageFlags.Locked | PageFlags.Readahead);

    /// <summary>Maps a page of the file as reads may; the reference is the mapping's.</summary>
    private void Map(MemoryDescriptor mm, Vma area, ref PageTableEntry entry, Pfn folio)
    {
        ref var frame = ref _frames[folio];

        // Shmem is never written back from under its mappings, so that a shared one need not be told of the first write,
        // unless someone watches which pages are written.
        var isWritable = area.Has(VmaFlags.Shared | VmaFlags.SoftDirty) && frame.Owner == FrameOwner.Shmem;
        entry = PageTableEntry.Of(folio, AreaProtection.Of(area, isWritable) | ZeroContent.MarkOf(frame));
        FolioMapping.Add(machine, folio, area);
        FolioMapping.AddRss(mm, frame.Owner, 1);
    }
}
