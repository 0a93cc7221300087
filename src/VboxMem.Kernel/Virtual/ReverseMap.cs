// From a folio to the page tables that map it (rmap).
//
//   anonymous folio --OwnerId--> anon_vma --links--> areas        file or shmem folio --OwnerId--> inode --> areas
//
// The page of an area that would map it follows from the folio's index; whether it does, the page tables say.
//
// Invariants
//   R1  Walking from a folio finds exactly as many entries that map it as it counts mappings.
//
// Models   Linux 6.12 mm/rmap.c: rmap_walk, folio_referenced, folio_mkclean (facts: virtual memory, 3.10).
// Departs  an area of more than 16 TiB is not told apart from its first 16 TiB: a folio knows 32 bits of its index.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Virtual;

/// <summary>How a folio was taken out of all page tables.</summary>
internal enum UnmapResult : byte
{
    Unmapped,

    /// <summary>Some entry is left: a locked area, or a lazily freed page that was written again (which is SwapBacked again then).</summary>
    StillMapped,
}

/// <summary>From a folio to the page tables that map it (rmap): anon_vmas, and the areas of each inode.</summary>
internal sealed class ReverseMap
{
    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly Unmapper _unmapper;
    private readonly FileUnmapper _fileUnmapper;

    /// <summary>By inode; only looked up, never walked, but for sorted copies and hashes.</summary>
    private readonly Dictionary<int, FileAreas> _files = [];

    internal ReverseMap(Machine machine)
        : this(machine, new AnonVmaTable(machine.Slabs))
    {
    }

    private ReverseMap(Machine machine, AnonVmaTable anons)
    {
        _machine = machine;
        _frames = machine.Frames;
        _unmapper = new Unmapper(machine);
        _fileUnmapper = new FileUnmapper(machine);
        Anons = anons;
        Stale = new StaleTranslations(machine);
    }

    /// <summary>What has been unmapped by <see cref="TryUnmap"/> and not told yet.</summary>
    public StaleTranslations Stale { get; }

    public AnonVmaTable Anons { get; }

    internal ReverseMap Clone(Machine machine)
    {
        var copy = new ReverseMap(machine, Anons.Clone(machine));
        foreach (var (inode, areas) in _files)
        {
            copy._files.Add(inode, areas.Clone(machine));
        }

        return copy;
    }

    internal void HashInto(StateHash hash)
    {
        Anons.HashInto(hash);
        var inodes = new int[_files.Count];
        _files.Keys.CopyTo(inodes, 0);
        Array.Sort(inodes);
        foreach (var inode in inodes)
        {
            hash.Add((long)inode);
            _files[inode].HashInto(hash);
        }
    }

    /// <summary>The areas that may map a folio.</summary>
    public RmapWalk WalkOf(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        return frame.IsAnonymous
            ? new RmapWalk(Anons[(int)frame.OwnerId], null, frame.Index, frame.Pages)
            : new RmapWalk(null, _files.GetValueOrDefault((int)frame.OwnerId), frame.Index, frame.Pages);
    }

    /// <summary>Areas in which the folio was accessed since the last look; clears those bits (folio_referenced).</summary>
    /// <param name="folio">A folio; need not be mapped.</param>
    /// <param name="seen">Flags of the referencing areas, or-ed together; Locked if any mapping area is locked (then the count may be short).</param>
    /// <returns>How many; -1: leave it alone, its lock is taken, or the only process that has it is going away with it.</returns>
    public int CountReferences(Pfn folio, out VmaFlags seen)
    {
        seen = VmaFlags.None;
        if (!FolioMapping.IsMapped(_frames, folio))
        {
            return 0;
        }

        ref var frame = ref _frames[folio];
        if (frame.IsAnonymous && IsLockTaken(Anons.RootOf((int)frame.OwnerId)))
        {
            return -1;
        }

        var count = 0;
        for (var walk = WalkOf(folio); walk.MoveNext();)
        {
            // What is read through once, or here and there, does not make a page worth keeping.
            if ((walk.Area.Flags & (VmaFlags.SequentialRead | VmaFlags.RandomRead)) != 0)
            {
                continue;
            }

            var found = TestClearAccessed(folio, frame.Order, walk, out var isMapped);
            if (!isMapped)
            {
                continue;
            }

            if (walk.Area.Has(VmaFlags.Locked))
            {
                seen |= VmaFlags.Locked;
                if (frame.Order == 0 && !frame.Has(PageFlags.Mlocked))
                {
                    _machine.Lru.Lock(folio);
                }

                return count;
            }

            if (walk.Memory.IsOomSkipped && frame.IsAnonymous && frame.Has(PageFlags.SwapBacked) && frame.MapCount <= 1)
            {
                return -1;
            }

            if (found)
            {
                count++;
                seen |= walk.Area.Flags & ~VmaFlags.Locked;
            }
        }

        return count;
    }

    /// <summary>
    /// The lock of an anonymous folio's mappings has been held since a moment until now, to split it. A reclaimer on another CPU does not
    /// wait for it, and keeps what it cannot look at (folio_lock_anon_vma_read).
    /// </summary>
    public void NoteLocked(Pfn folio, SimTime from)
    {
        ref var frame = ref _frames[folio];
        if (!frame.IsAnonymous || !Anons.Exists(frame.OwnerId))
        {
            return;
        }

        var root = Anons.RootOf((int)frame.OwnerId);
        (root.LockedFrom, root.LockedUntil, root.LockedOnCpu) = (from, _machine.Cpus.Now, _machine.Cpus.Current);
    }

    /// <summary>
    /// Unmaps every page of a folio (try_to_unmap): anonymous ones in the swap cache leave swap entries (and duplicate the swap
    /// slot's count), lazily freed clean ones nothing, file and shmem ones nothing. Dirty entries make the folio dirty.
    /// </summary>
    public UnmapResult TryUnmap(Pfn folio) => _unmapper.TryUnmap(folio);

    /// <summary>Write-protects and cleans every mapping of a file folio (folio_mkclean). True if one was dirty or writable.</summary>
    public bool WriteProtect(Pfn folio)
    {
        var wasDirty = false;
        if (_frames[folio].MapCount == 0)
        {
            return false;
        }

        for (var walk = WalkOf(folio); walk.MoveNext();)
        {
            if (!walk.Area.Has(VmaFlags.Shared) || !TryFindEntry(walk.Memory, walk.Page, folio, out var entries, out var index))
            {
                continue;
            }

            ref var entry = ref entries[index];
            if (entry.Has(EntryBits.Dirty) || entry.Has(EntryBits.Writable))
            {
                entry = entry.Without(EntryBits.Dirty | EntryBits.Writable);
                wasDirty = true;
            }
        }

        return wasDirty;
    }

    /// <summary>Unmaps pages of a file from all areas that map it, for truncation (unmap_mapping_range). Private copies too if even.</summary>
    public void UnmapFileRange(int inode, ulong firstIndex, ulong endIndex, bool evenCopies)
    {
        if (_files.TryGetValue(inode, out var areas))
        {
            _fileUnmapper.Unmap(areas, firstIndex, endIndex, evenCopies);
        }
    }

    /// <summary>True when some area maps the inode (mapping_mapped).</summary>
    public bool IsMapped(int inode) => _files.ContainsKey(inode);

    /// <summary>An area that maps an inode has been made, or is gone, or has moved. Areas register with (mm id, area id).</summary>
    public void AddFileArea(int inode, int mm, uint area)
    {
        if (!_files.TryGetValue(inode, out var areas))
        {
            areas = new FileAreas();
            _files.Add(inode, areas);
        }

        areas.Add(_machine.Memory[mm], area);
    }

    public void RemoveFileArea(int inode, int mm, uint area)
    {
        var areas = _files[inode];
        areas.Remove(mm, area);
        if (areas.Count == 0)
        {
            _files.Remove(inode);
        }
    }

    /// <summary>Gives an area its own anon_vma, or shares a mergeable neighbour's (anon_vma_prepare). False: no memory.</summary>
    public bool TryPrepareAnon(MemoryDescriptor mm, Vma area) => area.AnonVmas.Count > 0 || Anons.TryPrepare(mm, area);

    /// <summary>Copies the parent area's anon_vmas to a forked area and gives it one of its own (anon_vma_fork).</summary>
    public bool TryForkAnon(MemoryDescriptor childMemory, Vma child, Vma parent) => Anons.TryFork(childMemory, child, parent);

    /// <summary>Lets a split-off area share its origin's anon_vmas (anon_vma_clone).</summary>
    public bool TryCloneAnon(MemoryDescriptor mm, Vma area, Vma origin) => Anons.TryClone(mm, area, origin);

    /// <summary>An area goes away: leaves its anon_vmas (unlink_anon_vmas).</summary>
    public void UnlinkAnon(MemoryDescriptor mm, Vma area) => Anons.Unlink(mm, area);

    /// <summary>The PTE of a page, if it maps that very frame.</summary>
    internal bool TryFindEntry(MemoryDescriptor mm, ulong page, Pfn frame, out Span<PageTableEntry> entries, out int index)
    {
        var table = _machine.Memory.Tables.FindPteTable(mm, page);
        index = PageTables.IndexOf(page, PageTables.PteShift);
        if (table == Pfn.None)
        {
            entries = default;
            return false;
        }

        entries = _machine.Memory.Tables.Entries(table);
        return MapsFrame(entries[index], frame);
    }

    /// <summary>A PTE maps that frame, be it hidden by PROT_NONE.</summary>
    internal static bool MapsFrame(PageTableEntry entry, Pfn frame) =>
        (entry.IsPresent || entry.Has(EntryBits.Global)) && entry.Pfn == frame && !entry.Has(EntryBits.Special);

    /// <summary>The PMD table and entry of a page, if the entry maps that huge folio whole.</summary>
    internal bool TryFindHuge(MemoryDescriptor mm, ulong page, Pfn head, out Pfn pmdTable)
    {
        pmdTable = _machine.Memory.Tables.FindPmdTable(mm, page);
        if (pmdTable == Pfn.None)
        {
            return false;
        }

        var entry = _machine.Memory.Tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
        return HugeMapping.IsHuge(entry) && !entry.Has(EntryBits.Special) && entry.Pfn == head;
    }

    /// <summary>A step is done at once and takes its time afterwards: on other CPUs it is still under way.</summary>
    private bool IsLockTaken(AnonVma root) =>
        root.LockedUntil > _machine.Cpus.Now && root.LockedFrom <= _machine.Cpus.Now && root.LockedOnCpu != _machine.Cpus.Current;

    private bool TestClearAccessed(Pfn folio, int order, in RmapWalk walk, out bool isMapped)
    {
        if (order == 0)
        {
            isMapped = TryFindEntry(walk.Memory, walk.Page, folio, out var entries, out var index);
            return isMapped && TestClearAccessed(ref entries[index]);
        }

        if (TryFindHuge(walk.Memory, walk.Page, folio, out var pmdTable))
        {
            isMapped = true;
            return TestClearAccessed(ref _machine.Memory.Tables.Entries(pmdTable)[PageTables.IndexOf(walk.Page, PageTables.PmdShift)]);
        }

        isMapped = false;
        var found = false;
        for (var i = 0u; i < walk.Count; i++)
        {
            if (TryFindEntry(walk.Memory, walk.Page + i, folio.Plus(walk.FirstInFolio + i), out var entries, out var index))
            {
                isMapped = true;
                found |= TestClearAccessed(ref entries[index]);
            }
        }

        return found;
    }

    private static bool TestClearAccessed(ref PageTableEntry entry)
    {
        var was = entry.Has(EntryBits.Accessed);
        entry = entry.Without(EntryBits.Accessed);
        return was;
    }
}
