// How files come into memory, lose their users, and leave: holds, unused lists, eviction, and the end of a removed file.
//
//   held --last hold gone--> name unused --shrinker--> name freed --> inode unused (once it has no pages) --shrinker--> out of core
//     |                                                                                       on its disk it is still there
//     +--removed, last hold gone--> its pages go, those under I/O when that ends --> nothing is left
//
// Invariants
//   R1  A file on an unused list may have come into use again, or have pages: the shrinker finds out.
//   R2  A name in memory whose Inode is set keeps that file in core.
//
// Models   Linux 6.12 fs/inode.c: iput_final, __inode_add_lru, evict; fs/dcache.c: dput, __dentry_kill; mm/truncate.c:
//          mapping_shrinkable (facts: reclaim, 8).
// Departs  an inode whose own fields have changed is not kept from its unused list until they are written.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.PageCache;

internal sealed class InodeRelease
{
    private readonly Machine _machine;
    private readonly FileSystems _files;
    private readonly SlabCache _dentries;
    private readonly SlabCache _diskInodes;
    private readonly SlabCache _shmemInodes;
    private readonly SlabCache _security;
    private readonly SlabCache _journal;

    public InodeRelease(Machine machine, FileSystems files)
    {
        _machine = machine;
        _files = files;
        _dentries = machine.Slabs["dentry"];
        _diskInodes = machine.Slabs["ext4_inode_cache"];
        _shmemInodes = machine.Slabs["shmem_inode_cache"];
        _security = machine.Slabs["lsm_inode_cache"];
        _journal = machine.Slabs["jbd2_inode"];
    }

    /// <summary>Gives a file that lies on its disk the kernel's objects (iget). False: no memory.</summary>
    public bool TryLoad(int inode)
    {
        ref var file = ref _files.Inodes[inode];
        if (file.InCore)
        {
            return true;
        }

        var cache = CacheOf(file.Kind);
        if (!cache.TryAllocate(GfpFlags.KernelAccount, out var made))
        {
            return false;
        }

        if (!_security.TryAllocate(GfpFlags.NoFs, out var security))
        {
            cache.Free(made);
            return false;
        }

        (file.Object, file.SecurityObject) = (made.Slab, security.Slab);
        file.InCore = true;
        file.Tree = _machine.PageCache.Trees.Make(inode, keepsShadows: !file.IsTmpfs);
        file.MmapReadahead = ReadaheadState.Fresh;
        _files.Inodes.InCoreCount++;
        return true;
    }

    /// <summary>What the journal keeps of a file opened for writing (ext4_inode_attach_jinode). False: no memory.</summary>
    public bool TryAttachJournal(int inode)
    {
        ref var file = ref _files.Inodes[inode];
        if (file.Kind != InodeKind.File || file.JournalObject != Pfn.None)
        {
            return true;
        }

        if (!_journal.TryAllocate(GfpFlags.Kernel, out var made))
        {
            return false;
        }

        file.JournalObject = made.Slab;
        return true;
    }

    public void Hold(int inode)
    {
        Invariant.Holds(_files.Inodes[inode].InCore);
        _files.Inodes[inode].Holds++;
    }

    public void LetGo(int inode)
    {
        ref var file = ref _files.Inodes[inode];
        Invariant.Holds(file.Holds > 0);
        if (--file.Holds > 0)
        {
            return;
        }

        if (file.Name != 0)
        {
            PutName(file.Name);
        }

        if (_files.Inodes[inode].Links == 0)
        {
            Destroy(inode);
        }
    }

    /// <summary>A name's user is done with it (dput): unused, it goes to its list; there already, it has been used once more.</summary>
    public void PutName(int name)
    {
        ref var put = ref _files.Names[name];
        if (IsInUse(name) || !put.IsHashed)
        {
            return;   // a removed one goes with its file
        }

        if (_files.Names.Unused.Holds(name))
        {
            put.IsReferenced = true;
        }
        else
        {
            _files.Names.Unused.Add(ListOf(put.Mount, put.Object), name);
        }
    }

    public bool IsInUse(int name)
    {
        ref var used = ref _files.Names[name];
        if (used.Children > 0)
        {
            return true;
        }

        return used.Inode != 0 && (_files.Inodes[used.Inode].Holds > 0 || _files.Inodes[used.Inode].IsTmpfs);
    }

    /// <summary>Gives a name a dentry; the file it leads to must be in core. False: no memory.</summary>
    public bool TryCache(int name)
    {
        ref var cached = ref _files.Names[name];
        Invariant.Holds(!cached.IsCached && (cached.Inode == 0 || _files.Inodes[cached.Inode].InCore));
        if (!_dentries.TryAllocate(GfpFlags.KernelAccount, out var made))
        {
            return false;
        }

        cached.Object = made.Slab;
        cached.IsCached = true;
        _files.Names.CachedCount++;
        _files.Names.NegativeCount += cached.Inode == 0 ? 1UL : 0;
        if (NameOf(cached.Parent) is var parent and not 0)
        {
            _files.Names[parent].Children++;
        }

        return true;
    }

    /// <summary>Frees an unused dentry (__dentry_kill). The file it led to goes to its unused list.</summary>
    /// <returns>The name of the directory, if that is in use no longer; else 0.</returns>
    public int KillName(int name)
    {
        ref var killed = ref _files.Names[name];
        Invariant.Holds(killed.IsCached && killed.Children == 0);
        if (_files.Names.Unused.Holds(name))
        {
            _files.Names.Unused.Remove(name);
        }

        _dentries.Free(new SlabObject(killed.Object));
        killed.Object = Pfn.None;
        killed.IsCached = false;
        killed.IsReferenced = false;
        _files.Names.CachedCount--;
        _files.Names.NegativeCount -= killed.Inode == 0 ? 1UL : 0;
        var (inode, parent) = (killed.Inode, NameOf(killed.Parent));
        if (!killed.IsOnDisk)
        {
            if (killed.IsHashed)
            {
                _files.Names.RemoveFromHash(name);
            }

            if (inode != 0)
            {
                _files.Inodes[inode].Name = 0;
            }

            _files.Names.Free(name);
        }

        if (inode != 0)
        {
            AddUnused(inode, wasUsed: true);
        }

        if (parent == 0)
        {
            return 0;
        }

        _files.Names[parent].Children--;
        return IsInUse(parent) ? 0 : parent;
    }

    /// <summary>The last page of a file, or of its shadows, is gone: it may be unused now.</summary>
    public void PagesGone(int inode) => AddUnused(inode, wasUsed: false);

    /// <summary>Puts a file on its unused list if it is unused (__inode_add_lru).</summary>
    private void AddUnused(int inode, bool wasUsed)
    {
        ref var file = ref _files.Inodes[inode];
        if (!file.InCore || !IsFreeable(file))
        {
            return;
        }

        if (!_files.Inodes.Unused.Holds(inode))
        {
            _files.Inodes.Unused.Add(ListOf(file.Mount, file.Object), inode);
        }
        else if (wasUsed)
        {
            file.IsReferenced = true;
        }
    }

    /// <summary>In no use, clean, and with nothing in its tree that others would free.</summary>
    public bool IsFreeable(in Inode file) =>
        file.Kind is InodeKind.File or InodeKind.Directory
        && file.Holds == 0 && file.Links > 0 && (file.Name == 0 || !_files.Names[file.Name].IsCached)
        && _machine.PageCache.Trees.IsShrinkable(file.Tree);

    /// <summary>Takes a file out of core; it stays on its disk (evict).</summary>
    public void Evict(int inode)
    {
        ref var file = ref _files.Inodes[inode];
        Invariant.Holds(file.InCore && file.Pages == 0 && file.SwappedPages == 0);
        if (_files.Inodes.Unused.Holds(inode))
        {
            _files.Inodes.Unused.Remove(inode);
        }

        EraseShadows(inode, 0, ulong.MaxValue);
        _machine.Dirty.Forget(inode);
        _machine.PageCache.Trees.Drop(file.Tree);
        CacheOf(file.Kind).Free(new SlabObject(file.Object));
        _security.Free(new SlabObject(file.SecurityObject));
        if (file.JournalObject != Pfn.None)
        {
            _journal.Free(new SlabObject(file.JournalObject));
        }

        (file.Object, file.SecurityObject, file.JournalObject) = (Pfn.None, Pfn.None, Pfn.None);
        (file.Tree, file.InCore, file.IsReferenced, file.MmapPending) = (0, false, false, default);
        _files.Inodes.InCoreCount--;
    }

    public void EraseShadows(int inode, ulong first, ulong end)
    {
        var tree = _files.Inodes[inode].Tree;
        while (_machine.PageCache.Trees.TryNext(tree, first, end, out var index, out var entry))
        {
            if (entry.IsValue)
            {
                _machine.PageCache.EraseValue(inode, index);
            }

            first = index + 1;
        }
    }

    /// <summary>Takes one page out of a removed or truncated file. False: it is under I/O, and goes when that ends.</summary>
    public bool TryDropPage(Pfn folio)
    {
        ref var frame = ref _machine.Frames[folio];
        Invariant.Holds(!_machine.Lru.IsMapped(folio));
        _machine.Dirty.Cancel(folio);
        if (frame.HasAny(PageFlags.Locked | PageFlags.Writeback))
        {
            frame.Set(PageFlags.Orphaned);
            return false;
        }

        Drop(folio);
        return true;
    }

    /// <summary>The I/O of a page is over whose file was removed meanwhile.</summary>
    public void FinishOrphan(Pfn folio)
    {
        ref var frame = ref _machine.Frames[folio];
        if (frame.HasAny(PageFlags.Locked | PageFlags.Writeback))
        {
            return;
        }

        var inode = (int)frame.OwnerId;
        frame.Clear(PageFlags.Orphaned);
        Drop(folio);
        ref var file = ref _files.Inodes[inode];
        if (file.Links == 0 && file.Holds == 0 && file.Pages == 0)
        {
            Finish(inode);
        }
    }

    /// <summary>Gives back what a tmpfs file was charged for pages.</summary>
    public void UnchargeShmem(in Inode file, ulong pages)
    {
        if (!file.IsCommittedWhole)
        {
            _machine.Memory.Uncommit((long)pages);
        }

        if (file.Mount >= 0)
        {
            _files.Mounts[file.Mount].GiveBack(pages);
        }
    }

    /// <summary>A file without links and users: its pages go now, those under I/O later.</summary>
    public void Destroy(int inode)
    {
        ref var file = ref _files.Inodes[inode];
        Invariant.Holds(file.InCore && file.Links == 0 && file.Holds == 0);
        var trees = _machine.PageCache.Trees;
        var next = 0UL;
        while (trees.TryNext(file.Tree, next, ulong.MaxValue, out var index, out var entry))
        {
            next = index + 1;
            if (entry.IsFolio)
            {
                _ = TryDropPage(entry.Folio);
            }
            else
            {
                DropValue(inode, index, entry);
            }
        }

        if (file.Pages == 0)
        {
            Finish(inode);
        }
    }

    /// <summary>Erases a shadow, or frees what a tmpfs file has in swap.</summary>
    public void DropValue(int inode, ulong index, IndexEntry entry)
    {
        ref var file = ref _files.Inodes[inode];
        _machine.PageCache.EraseValue(inode, index);
        if (file.IsTmpfs)
        {
            _machine.Swap.Free(entry.SwapEntry);
            UnchargeShmem(file, 1);
        }
    }

    private void Drop(Pfn folio)
    {
        _machine.PageCache.Remove(folio, shadow: 0);
        _machine.Lru.Put(folio);
    }

    private void Finish(int inode)
    {
        ref var file = ref _files.Inodes[inode];
        if (file.Kind == InodeKind.Shmem && file.IsCommittedWhole)
        {
            _machine.Memory.Uncommit((long)file.SizePages);
        }

        if (!file.IsTmpfs)
        {
            _files.Mounts[file.Mount].GiveBack(file.PlacedPages);
            _files.Extents.Clear(ref file);
        }

        var name = file.Name;
        Evict(inode);
        if (name != 0)
        {
            _files.Names[name].Inode = 0;
            _files.Names.NegativeCount++;   // unhashed: taken back at once by its end
            _ = KillName(name);
        }

        _files.Inodes.Free(inode);
    }

    private SlabCache CacheOf(InodeKind kind) => kind is InodeKind.Shmem or InodeKind.ShmemDirectory ? _shmemInodes : _diskInodes;

    private int NameOf(int directory) => directory == 0 ? 0 : _files.Inodes[directory].Name;

    private int ListOf(int mount, Pfn slab) => (mount * _machine.Nodes.Length) + _machine.Allocator.ZoneOf(slab).Node;
}
