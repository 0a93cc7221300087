// All anon_vmas, by number, and how areas come by them.
//
//   first fault of an area    its own anon_vma, or that of a neighbour it could be merged with
//   fork                      child area: links to every anon_vma of the parent's area, and one of its own
//   split of an area          the new part is linked to all that the old one is linked to
//
// Invariants
//   V1  An area's AnonVmas are the anon_vmas that hold a link to it, its own last.
//   V2  An anon_vma without links is gone, unless it is a root that others descend from.
//   V3  A folio's anon_vma holds a link to every area that maps the folio.
//
// Models   Linux 6.12 mm/rmap.c: __anon_vma_prepare, anon_vma_clone, anon_vma_fork, unlink_anon_vmas; mm/vma.c:
//          find_mergeable_anon_vma.
// Departs  links are walked in the order they were made, not in that of an interval tree.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Virtual;

internal sealed class AnonVmaTable
{
    private readonly SlabCache _anonCache;
    private readonly SlabCache _chainCache;

    /// <summary>By number; 0 is none.</summary>
    private readonly List<AnonVma?> _table = [null];
    private readonly List<int> _unused = [];

    public AnonVmaTable(SlabAllocator slabs)
    {
        _anonCache = slabs["anon_vma"];
        _chainCache = slabs["anon_vma_chain"];
    }

    public AnonVma this[int id] => _table[id] ?? throw new InvariantBrokenException($"anon_vma {id} is gone");

    /// <summary>The root of an anon_vma, which has the lock for all below it.</summary>
    public AnonVma RootOf(int id) => this[this[id].Root];

    /// <summary>All of them, by number.</summary>
    public IEnumerable<AnonVma> All => _table.OfType<AnonVma>();

    /// <summary>False for a number that is not in use.</summary>
    public bool Exists(uint id) => id < _table.Count && _table[(int)id] is not null;

    public AnonVmaTable Clone(Machine machine)
    {
        var copy = new AnonVmaTable(machine.Slabs);
        copy._unused.AddRange(_unused);
        for (var id = 1; id < _table.Count; id++)
        {
            copy._table.Add(_table[id] is { } anon ? Copy(anon, machine) : null);
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var id in _unused)
        {
            hash.Add((long)id);
        }

        foreach (var anon in All)
        {
            hash.Add(((ulong)(uint)anon.Id << 32) | (uint)anon.Root);
            hash.Add(((ulong)(uint)anon.Parent << 32) | (uint)anon.Children);
            hash.Add(((ulong)(uint)anon.ActiveAreas << 32) | (uint)anon.References);
            hash.Add((ulong)anon.Descriptor.Slab.Index);
            hash.Add(anon.LockedFrom.Nanoseconds);
            hash.Add(anon.LockedUntil.Nanoseconds);
            hash.Add((long)anon.LockedOnCpu);
            foreach (var link in anon.Links)
            {
                hash.Add(((ulong)(uint)link.Memory.Id << 32) | link.Area.Id);
                hash.Add((ulong)link.Chain.Slab.Index);
            }
        }
    }

    /// <summary>anon_vma_prepare: sees to it that the area has an anon_vma. False: no memory, nothing has changed.</summary>
    public bool TryPrepare(MemoryDescriptor mm, Vma area)
    {
        if (area.AnonVmas.Count > 0)
        {
            return true;
        }

        if (!_chainCache.TryAllocate(GfpFlags.Kernel, out var chain))
        {
            return false;
        }

        var anon = FindMergeable(mm, area);
        if (anon is null && !TryMake(null, out anon))
        {
            _chainCache.Free(chain);
            return false;
        }

        anon!.ActiveAreas++;
        Link(anon, mm, area, chain);
        return true;
    }

    /// <summary>Links an area to all that another one is linked to, whose own becomes its own (anon_vma_clone). False: no memory.</summary>
    public bool TryClone(MemoryDescriptor mm, Vma area, Vma origin)
    {
        Invariant.Holds(area.AnonVmas.Count == 0);
        if (!TryLinkAll(mm, area, origin))
        {
            return false;
        }

        if (area.AnonVmas.Count > 0)
        {
            this[area.AnonVmas[^1]].ActiveAreas++;
        }

        return true;
    }

    /// <summary>Links a forked area to all of the parent's, and gives it one of its own (anon_vma_fork). False: no memory.</summary>
    public bool TryFork(MemoryDescriptor childMemory, Vma child, Vma parent)
    {
        if (parent.AnonVmas.Count == 0)
        {
            return true;
        }

        if (!TryLinkAll(childMemory, child, parent))
        {
            return false;
        }

        if (FindReusable(child) is { } reused)
        {
            // It has lost its areas and has one child at most: taking it over keeps chains of forks short.
            child.AnonVmas.Remove(reused.Id);
            child.AnonVmas.Add(reused.Id);
            reused.ActiveAreas++;
            return true;
        }

        if (!_chainCache.TryAllocate(GfpFlags.Kernel, out var chain))
        {
            UnlinkAll(childMemory, child);
            return false;
        }

        if (!TryMake(this[parent.AnonVmas[^1]], out var own))
        {
            _chainCache.Free(chain);
            UnlinkAll(childMemory, child);
            return false;
        }

        own!.ActiveAreas++;
        Link(own, childMemory, child, chain);
        return true;
    }

    /// <summary>The area goes away (unlink_anon_vmas).</summary>
    public void Unlink(MemoryDescriptor mm, Vma area)
    {
        if (area.AnonVmas.Count == 0)
        {
            return;
        }

        this[area.AnonVmas[^1]].ActiveAreas--;
        UnlinkAll(mm, area);
    }

    private bool TryLinkAll(MemoryDescriptor mm, Vma area, Vma origin)
    {
        foreach (var id in origin.AnonVmas)
        {
            if (!_chainCache.TryAllocate(GfpFlags.Kernel, out var chain))
            {
                UnlinkAll(mm, area);
                return false;
            }

            Link(this[id], mm, area, chain);
        }

        return true;
    }

    private static void Link(AnonVma anon, MemoryDescriptor mm, Vma area, SlabObject chain)
    {
        anon.Links.Add(new AnonVmaLink(mm, area, chain));
        area.AnonVmas.Add(anon.Id);
    }

    private void UnlinkAll(MemoryDescriptor mm, Vma area)
    {
        for (var i = area.AnonVmas.Count - 1; i >= 0; i--)
        {
            var anon = this[area.AnonVmas[i]];
            var at = IndexOfLink(anon, mm, area);
            _chainCache.Free(anon.Links[at].Chain);
            anon.Links.RemoveAt(at);
            if (anon.Links.Count == 0)
            {
                this[anon.Parent].Children--;
            }
        }

        // Only now: one may be the parent of another.
        foreach (var id in area.AnonVmas)
        {
            if (this[id].Links.Count == 0)
            {
                Put(this[id]);
            }
        }

        area.AnonVmas.Clear();
    }

    private static int IndexOfLink(AnonVma anon, MemoryDescriptor mm, Vma area)
    {
        for (var at = anon.Links.Count - 1; at >= 0; at--)
        {
            if (anon.Links[at].Area == area && anon.Links[at].Memory == mm)
            {
                return at;
            }
        }

        throw new InvariantBrokenException($"anon_vma {anon.Id} has no link to area {area.Id} of memory {mm.Id}");
    }

    /// <summary>An anon_vma of its area's ancestors that no area has as its own and with at most one child. Never a root.</summary>
    private AnonVma? FindReusable(Vma area)
    {
        foreach (var id in area.AnonVmas)
        {
            var anon = this[id];
            if (anon.Children < 2 && anon.ActiveAreas == 0)
            {
                return anon;
            }
        }

        return null;
    }

    private bool TryMake(AnonVma? parent, out AnonVma? made)
    {
        made = null;
        if (!_anonCache.TryAllocate(GfpFlags.Kernel, out var descriptor))
        {
            return false;
        }

        var id = _table.Count;
        if (_unused.Count > 0)
        {
            id = _unused[^1];
            _unused.RemoveAt(_unused.Count - 1);
        }
        else
        {
            _table.Add(null);
        }

        made = new AnonVma { Id = id, Root = parent?.Root ?? id, Parent = parent?.Id ?? id, Descriptor = descriptor };
        _table[id] = made;
        this[made.Parent].Children++;
        if (parent is not null)
        {
            this[made.Root].References++;
        }

        return true;
    }

    private void Put(AnonVma anon)
    {
        Invariant.Holds(anon.References > 0);
        if (--anon.References > 0)
        {
            return;
        }

        Invariant.Holds(anon.Links.Count == 0 && anon.ActiveAreas == 0);
        _anonCache.Free(anon.Descriptor);
        _table[anon.Id] = null;
        _unused.Add(anon.Id);
        if (anon.Root != anon.Id)
        {
            Put(this[anon.Root]);
        }
    }

    /// <summary>The anon_vma of a neighbour with which the area could be merged but for it.</summary>
    private AnonVma? FindMergeable(MemoryDescriptor mm, Vma area)
    {
        var at = mm.IndexAtOrAbove(area.StartPage);
        if (at >= mm.AreaList.Count || mm.AreaList[at] != area)
        {
            return null;
        }

        if (at + 1 < mm.AreaList.Count && mm.AreaList[at + 1] is var next && CanShare(area, next, next))
        {
            return this[next.AnonVmas[0]];
        }

        return at > 0 && mm.AreaList[at - 1] is var previous && CanShare(previous, area, previous) ? this[previous.AnonVmas[0]] : null;
    }

    /// <summary>Two adjacent areas differ in nothing but rights to access, and the one that has an anon_vma has just that.</summary>
    private static bool CanShare(Vma low, Vma high, Vma owner)
    {
        const VmaFlags mayDiffer = VmaFlags.Read | VmaFlags.Write | VmaFlags.Execute | VmaFlags.SoftDirty;
        return owner.AnonVmas.Count == 1 && low.EndPage == high.StartPage && low.Inode == high.Inode
            && ((low.Flags ^ high.Flags) & ~mayDiffer) == 0 && high.FirstIndex == low.FirstIndex + low.Pages;
    }

    private static AnonVma Copy(AnonVma anon, Machine machine)
    {
        var copy = new AnonVma
        {
            Id = anon.Id,
            Root = anon.Root,
            Parent = anon.Parent,
            Descriptor = anon.Descriptor,
            Children = anon.Children,
            ActiveAreas = anon.ActiveAreas,
            References = anon.References,
            LockedFrom = anon.LockedFrom,
            LockedUntil = anon.LockedUntil,
            LockedOnCpu = anon.LockedOnCpu,
        };
        foreach (var link in anon.Links)
        {
            var mm = machine.Memory[link.Memory.Id];
            var area = mm.ById(link.Area.Id) ?? throw new InvariantBrokenException($"area {link.Area.Id} of memory {mm.Id} is gone");
            copy.Links.Add(new AnonVmaLink(mm, area, link.Chain));
        }

        return copy;
    }
}
