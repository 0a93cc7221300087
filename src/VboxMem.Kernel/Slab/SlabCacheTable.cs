// The table of all slab caches of the box, in the order of /proc/slabinfo, newest first.
//
// A cache's index in the table is its name inside the kernel model: it is the same on every machine, whatever its CPUs and nodes.
//
// Models   the caches a Debian 13 cloud kernel (6.12.107) makes while booting with ext4, IPv6, fuse and MPTCP built in; the same
//          187 names in the same order on all captured machines (facts: physical memory, 7.4).
// Departs  caches of modules loaded later (xfs, btrfs, overlay, conntrack, …) are absent.

using System.Collections.Frozen;
using System.Collections.Immutable;

namespace VboxMem.Kernel.Slab;

/// <summary>What a slab cache is before any slab of it exists.</summary>
/// <param name="Name">The name slabinfo shows.</param>
/// <param name="ObjectSize">Bytes the creator asked for.</param>
/// <param name="Align">Alignment the creator asked for in bytes; 0 for none.</param>
/// <param name="Flags">How it was created.</param>
/// <param name="Population">Objects after boot.</param>
public sealed record SlabCacheDescription(string Name, int ObjectSize, int Align, SlabFlags Flags, SlabPopulation Population)
{
    /// <summary>The layout on a machine with so many present and possible CPUs.</summary>
    public SlabGeometry Geometry(int presentCpus, int possibleCpus) =>
        SlabGeometry.For(ObjectSize, Align, Flags, presentCpus, possibleCpus);
}

/// <summary>All slab caches of the box.</summary>
public static class SlabCacheTable
{
    private static readonly ImmutableArray<SlabCacheDescription> OneNode = Build(nodes: 1);

    private static readonly FrozenDictionary<string, int> Indices = BuildIndices();

    /// <summary>Number of caches: indices run from 0 to one less.</summary>
    public static int Count => OneNode.Length;

    /// <summary>The caches of a machine, by index. Only <c>kmem_cache</c> depends on the number of nodes.</summary>
    /// <param name="nodes">NUMA nodes, at least 1.</param>
    public static ImmutableArray<SlabCacheDescription> For(int nodes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(nodes);
        return nodes == 1 ? OneNode : Build(nodes);
    }

    /// <summary>The index of the cache that serves objects of that kind: its own name, or one merged into it, such as UNIX or fs_cache.</summary>
    /// <exception cref="KeyNotFoundException">The box has no such cache.</exception>
    public static int IndexOf(string name) =>
        Indices.TryGetValue(name, out var index) ? index : throw new KeyNotFoundException($"no slab cache '{name}'");

    /// <summary>As <see cref="IndexOf"/>, but answers false for a name the box does not have.</summary>
    public static bool TryIndexOf(string name, out int index) => Indices.TryGetValue(name, out index);

    /// <summary>Names of the caches that share another one's slabs, and the name of that.</summary>
    public static IEnumerable<(string Name, string Shown)> Aliases()
    {
        foreach (var (shown, hidden) in MergedSlabCaches.All)
        {
            foreach (var name in hidden) yield return (name, shown);
        }
    }

    private static ImmutableArray<SlabCacheDescription> Build(int nodes)
    {
        var table = ImmutableArray.CreateBuilder<SlabCacheDescription>();
        table.AddRange(DebianSlabCaches.AfterMessageBuckets());
        table.AddRange(DebianKmallocCaches.MessageBuckets());
        table.AddRange(DebianSlabCaches.BetweenBuckets());
        table.AddRange(DebianKmallocCaches.UserCopyBuckets());
        table.AddRange(DebianSlabCaches.BeforeUserCopyBuckets());
        table.AddRange(DebianKmallocCaches.Families());
        table.AddRange(DebianSlabCaches.Bootstrap(nodes, caches: table.Count + 2));
        return table.ToImmutable();
    }

    private static FrozenDictionary<string, int> BuildIndices()
    {
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < OneNode.Length; index++) indices.Add(OneNode[index].Name, index);
        foreach (var (shown, hidden) in MergedSlabCaches.All)
        {
            foreach (var name in hidden) indices.Add(name, indices[shown]);
        }

        return indices.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
