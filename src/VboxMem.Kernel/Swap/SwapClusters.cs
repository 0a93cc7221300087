// How slots of a device that does not seek are chosen: in clusters of 512, so that each CPU writes in a place of its own and a
// huge folio finds 512 slots in a row.
//
//   free --first slots taken--> nonfull(order) --scanned in vain--> frag(order)
//                                  |  ^                 |
//                          all taken  one freed         |         emptied: back to free, from any list
//                                  v  |                 |
//                                  full <---------------+
//
// A cluster serves one order, 0 or 9, from when its first slots are taken until it is empty again.
//
// Invariants
//   C1  Each cluster is on exactly one list: free if no slot is used, full if all are, else nonfull or frag of its order.
//   C2  Used is the number of slots in the cluster that are not free; slots past the end of the area and the header count as used.
//
// Units    slots of 4 KiB.
// Models   Linux 6.12 cluster_alloc_swap_entry, alloc_swap_scan_cluster, free_cluster (facts: reclaim, 6.1).
// Departs  no discards: a cluster that is emptied is free at once.

namespace VboxMem.Kernel.Swap;

internal sealed class SwapClusters
{
    public const uint SlotsPerCluster = 512;

    private const int None = -1;
    private const int Free = 0;
    private const int Full = 1;
    private const int NonFullSmall = 2;
    private const int NonFullHuge = 3;
    private const int FragSmall = 4;
    private const int FragHuge = 5;
    private const int Lists = 6;

    private readonly Cluster[] _clusters;
    private readonly int[] _heads = new int[Lists];
    private readonly int[] _tails = new int[Lists];

    /// <summary>Where each CPU goes on, for single slots and for huge folios; 0: nowhere. Grows with the CPUs that come.</summary>
    private readonly List<uint> _next = [];

    public SwapClusters(uint slots)
    {
        _clusters = new Cluster[(slots + SlotsPerCluster - 1) / SlotsPerCluster];
        Array.Fill(_heads, None);
        Array.Fill(_tails, None);
        for (var i = 0; i < _clusters.Length; i++)
        {
            ref var cluster = ref _clusters[i];
            var past = ((uint)(i + 1) * SlotsPerCluster) - Math.Min((uint)(i + 1) * SlotsPerCluster, slots);
            cluster.Used = (ushort)(past + (i == 0 ? 1u : 0));
            Append(i, cluster.Used == 0 ? Free : cluster.Used == SlotsPerCluster ? Full : NonFullSmall);
        }
    }

    private SwapClusters(SwapClusters other)
    {
        _clusters = (Cluster[])other._clusters.Clone();
        _heads = (int[])other._heads.Clone();
        _tails = (int[])other._tails.Clone();
        _next = [.. other._next];
    }

    public SwapClusters Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add<Cluster>(_clusters);
        hash.Add<int>(_heads);
        foreach (var next in _next)
        {
            hash.Add((ulong)next);
        }
    }

    /// <summary>Takes up to so many single slots.</summary>
    /// <returns>How many were found.</returns>
    public int Take(SwapArea area, SwapSpace space, int cpu, Span<SwapEntry> entries)
    {
        var taken = 0;
        while (taken < entries.Length && TryTake(area, space, cpu, 1, out var slot))
        {
            entries[taken++] = new SwapEntry(area.Index, slot);
        }

        return taken;
    }

    /// <summary>Takes 512 slots in a row: a whole cluster.</summary>
    public bool TryTakeHuge(SwapArea area, SwapSpace space, int cpu, out SwapEntry entry)
    {
        var found = TryTake(area, space, cpu, SlotsPerCluster, out var slot);
        entry = found ? new SwapEntry(area.Index, slot) : SwapEntry.None;
        return found;
    }

    /// <summary>Slots of the area have become free.</summary>
    public void Release(uint first, uint count)
    {
        var index = (int)(first / SlotsPerCluster);
        ref var cluster = ref _clusters[index];
        Invariant.Holds(cluster.Used >= count);
        cluster.Used -= (ushort)count;
        if (cluster.Used == 0)
        {
            Move(index, Free);
        }
        else if (cluster.List is not (NonFullSmall or NonFullHuge))
        {
            Move(index, cluster.IsHuge ? NonFullHuge : NonFullSmall);
        }
    }

    /// <summary>Recounts the lists against the slots; part of the audit.</summary>
    public void Audit(SwapArea area)
    {
        for (var index = 0; index < _clusters.Length; index++)
        {
            var (used, first) = (0u, (uint)index * SlotsPerCluster);
            for (var slot = first; slot < first + SlotsPerCluster; slot++)
            {
                used += slot >= area.Slots || !area.IsFree(slot) ? 1u : 0;
            }

            var list = _clusters[index].List;
            Auditing.Audit.Same($"used slots of cluster {index} of {area.Name}", _clusters[index].Used, used);
            Auditing.Audit.Require(
                (list == Free) == (used == 0) && (list == Full) == (used == SlotsPerCluster), $"cluster {index} with {used} slots is on list {list}");
        }

        var linked = 0;
        for (var list = 0; list < Lists; list++)
        {
            for (var index = _heads[list]; index != None; index = _clusters[index].Following)
            {
                Auditing.Audit.Require(_clusters[index].List == list && ++linked <= _clusters.Length, $"cluster {index} is on list {list} by mistake");
            }
        }

        Auditing.Audit.Same($"clusters on lists of {area.Name}", (ulong)linked, (ulong)_clusters.Length);
    }

    private bool TryTake(SwapArea area, SwapSpace space, int cpu, uint count, out uint slot)
    {
        var isHuge = count > 1;
        ref var next = ref NextOf(cpu, isHuge);
        slot = 0;
        var found = (next != 0 && TryCluster(area, space, (int)(next / SlotsPerCluster), next, count, out slot))
            || TryFirstOf(Free, area, space, count, out slot)
            || (space.IsFull && ReclaimFull(area, space) && TryFirstOf(Free, area, space, count, out slot))
            || (!isHuge && TryPartial(area, space, out slot));
        next = found ? slot + count : 0;
        if (next % SlotsPerCluster == 0)
        {
            next = 0;   // the cluster is at its end
        }

        return found;
    }

    /// <summary>Partly used clusters; then, since nothing else is left, those that served huge folios.</summary>
    private bool TryPartial(SwapArea area, SwapSpace space, out uint slot)
    {
        while (_heads[NonFullSmall] is var index and not None)
        {
            Move(index, FragSmall);
            if (TryCluster(area, space, index, (uint)index * SlotsPerCluster, 1, out slot))
            {
                return true;
            }
        }

        return TryEach(FragSmall, area, space, out slot) || TryEach(FragHuge, area, space, out slot) || TryEach(NonFullHuge, area, space, out slot);
    }

    /// <summary>Looks through all clusters of a list, moving those without a slot to its end.</summary>
    private bool TryEach(int list, SwapArea area, SwapSpace space, out uint slot)
    {
        slot = 0;
        var first = _heads[list];
        for (var index = first; index != None; index = _heads[list])
        {
            if (TryCluster(area, space, index, (uint)index * SlotsPerCluster, 1, out slot))
            {
                return true;
            }

            if (_clusters[index].List == list)
            {
                Move(index, list);
            }

            if (_heads[list] == first)
            {
                break;
            }
        }

        return false;
    }

    private bool TryFirstOf(int list, SwapArea area, SwapSpace space, uint count, out uint slot)
    {
        slot = 0;
        return _heads[list] is var index and not None && TryCluster(area, space, index, (uint)index * SlotsPerCluster, count, out slot);
    }

    /// <summary>Frees what only the swap cache holds in the full cluster that waits longest.</summary>
    private bool ReclaimFull(SwapArea area, SwapSpace space)
    {
        var index = _heads[Full];
        if (index == None)
        {
            return false;
        }

        Move(index, Full);
        var end = Math.Min(((uint)index + 1) * SlotsPerCluster, area.Slots);
        for (var slot = (uint)index * SlotsPerCluster; slot < end; slot++)
        {
            if (area.IsCacheOnly(slot))
            {
                space.TryReclaimSlot(new SwapEntry(area.Index, slot));
            }
        }

        return true;
    }

    private bool TryCluster(SwapArea area, SwapSpace space, int index, uint from, uint count, out uint found)
    {
        ref var cluster = ref _clusters[index];
        var end = Math.Min(((uint)index + 1) * SlotsPerCluster, area.Slots);
        found = 0;
        if (cluster.Used > SlotsPerCluster - count || (cluster.Used > 0 && cluster.IsHuge != count > 1 && !IsLastResort(cluster, count)))
        {
            return false;
        }

        for (var slot = from; slot + count <= end; slot += count)
        {
            if (area.IsFree(slot) || (area.IsCacheOnly(slot) && space.IsFull && space.TryReclaimSlot(new SwapEntry(area.Index, slot))))
            {
                TakeFrom(index, area, slot, count);
                found = slot;
                return true;
            }
        }

        return false;
    }

    /// <summary>Single slots out of a cluster of huge folios: only the last step of a search comes here with one.</summary>
    private static bool IsLastResort(in Cluster cluster, uint count) => count == 1 && cluster.List is NonFullHuge or FragHuge;

    private void TakeFrom(int index, SwapArea area, uint slot, uint count)
    {
        ref var cluster = ref _clusters[index];
        if (cluster.Used == 0)
        {
            cluster.IsHuge = count > 1;
            Move(index, cluster.IsHuge ? NonFullHuge : NonFullSmall);
        }

        area.Take(slot, count);
        cluster.Used += (ushort)count;
        if (cluster.Used == SlotsPerCluster)
        {
            Move(index, Full);
        }
    }

    private ref uint NextOf(int cpu, bool isHuge)
    {
        while (_next.Count <= (2 * cpu) + 1)
        {
            _next.Add(0);
        }

        return ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_next)[(2 * cpu) + (isHuge ? 1 : 0)];
    }

    /// <summary>To the end of a list.</summary>
    private void Move(int index, int list)
    {
        var cluster = _clusters[index];
        (cluster.Preceding == None ? ref _heads[cluster.List] : ref _clusters[cluster.Preceding].Following) = cluster.Following;
        (cluster.Following == None ? ref _tails[cluster.List] : ref _clusters[cluster.Following].Preceding) = cluster.Preceding;
        Append(index, list);
    }

    private void Append(int index, int list)
    {
        ref var cluster = ref _clusters[index];
        cluster.List = (byte)list;
        cluster.Following = None;
        cluster.Preceding = _tails[list];
        (cluster.Preceding == None ? ref _heads[list] : ref _clusters[cluster.Preceding].Following) = index;
        _tails[list] = index;
    }

    private struct Cluster
    {
        public int Preceding;
        public int Following;
        public ushort Used;
        public byte List;
        public bool IsHuge;
    }
}
