using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/kernel/slab</c>: a directory for each cache, a link for each that shares another one's slabs.</summary>
/// <remarks>
/// mm/slub.c: slab_attrs, show_slab_objects. Departs: a cache's directory bears its name, where Linux names those that could be merged by flags and
/// size (<c>:A-0000192</c>) and has a link for each name; min_partial, cpu_partial and remote_node_defrag_ratio are read-only; usersize and
/// skip_kfence are absent, and ctor is empty for all, as no functions stand behind them.
/// </remarks>
internal static class SlabFiles
{
    public const string Root = "/sys/kernel/slab";

    private const string Directory = Root + "/";
    private const int ReadWriteOwner = 0b110_000_000;

    /// <summary>How much slabs are counted as.</summary>
    private enum Unit
    {
        Slabs,
        UsedObjects,
        Objects,
    }

    public static IEnumerable<ProcFile> Files(Machine machine)
    {
        for (var index = 0; index < machine.Slabs.Caches.Length; index++)
        {
            foreach (var file in FilesOf(index, machine.Slabs.Caches[index].Description))
            {
                yield return file;
            }
        }
    }

    public static IEnumerable<(string Path, string Target)> Links()
    {
        foreach (var (name, shown) in SlabCacheTable.Aliases())
        {
            yield return (Directory + name, shown);
        }
    }

    private static IEnumerable<ProcFile> FilesOf(int index, SlabCacheDescription description)
    {
        var directory = $"{Directory}{description.Name}/";
        ProcFile File(string name, Action<Machine, SlabCache, ProcText> render) => new(directory + name, FileModes.ReadOwner, (machine, text) =>
        {
            render(machine, machine.Slabs.Caches[index], text);
            text.NewLine();
        });
        ProcFile Number(string name, Func<SlabCache, long> value) => File(name, (_, cache, text) => text.Number(value(cache)));
        ProcFile Flag(string name, SlabFlags flag) => Number(name, cache => (cache.Description.Flags & flag) != 0 ? 1 : 0);

        yield return Number("aliases", static cache => AliasesOf(cache.Description.Name));
        yield return Number("align", static cache => cache.Geometry.Align);
        yield return Flag("cache_dma", SlabFlags.CacheDma);
        yield return Number("cpu_partial", static cache => cache.Geometry.CpuPartialObjects);
        yield return File("cpu_slabs", static (machine, cache, text) => RenderByNode(CpuSlabs(machine, cache), text));
        yield return new ProcFile(directory + "ctor", FileModes.ReadOwner, static (_, _) => { });
        yield return Flag("destroy_by_rcu", SlabFlags.TypesafeByRcu);
        yield return Flag("hwcache_align", SlabFlags.HwCacheAlign);
        yield return Number("min_partial", static cache => cache.Geometry.MinPartial);
        yield return Number("object_size", static cache => cache.Geometry.ObjectSize);
        yield return File("objects", static (machine, cache, text) => RenderByNode(AllSlabs(machine, cache, Unit.UsedObjects), text));
        yield return File("objects_partial", static (machine, cache, text) => RenderByNode(PartialSlabs(machine, cache, Unit.UsedObjects), text));
        yield return Number("objs_per_slab", static cache => cache.Geometry.ObjectsPerSlab);
        yield return Number("order", static cache => cache.Geometry.Order);
        yield return File("partial", static (machine, cache, text) => RenderByNode(PartialSlabs(machine, cache, Unit.Slabs), text));
        foreach (var debugging in (string[])["poison", "red_zone", "sanity_checks", "store_user", "trace"])
        {
            yield return Number(debugging, static _ => 0);
        }

        yield return Flag("reclaim_account", SlabFlags.ReclaimAccount);
        yield return Number("remote_node_defrag_ratio", static _ => 100);
        yield return new ProcFile(directory + "shrink", ReadWriteOwner, static (_, _) => { }, (machine, content) => Shrink(machine, index, content));
        yield return Number("slab_size", static cache => cache.Geometry.Size);
        yield return File("slabs", static (machine, cache, text) => RenderByNode(AllSlabs(machine, cache, Unit.Slabs), text));
        yield return File("slabs_cpu_partial", static (_, cache, text) => RenderCpuPartial(cache, text));
        yield return File("total_objects", static (machine, cache, text) => RenderByNode(AllSlabs(machine, cache, Unit.Objects), text));
        yield return new ProcFile(directory + "validate", ReadWriteOwner, static (_, _) => { }, static (_, _) => Errno.EINVAL);   // only with debugging
    }

    private static Errno Shrink(Machine machine, int index, ReadOnlySpan<byte> content)
    {
        if (content is not [(byte)'1', ..])
        {
            return Errno.EINVAL;
        }

        machine.Slabs.Caches[index].Shrink();
        return Errno.None;
    }

    private static long AliasesOf(string name)
    {
        var aliases = 0L;
        foreach (var (_, shown) in SlabCacheTable.Aliases())
        {
            aliases += shown == name ? 1 : 0;
        }

        return aliases;
    }

    /// <summary>Each CPU's active slab, and its partial ones, which all count for the first one's node.</summary>
    private static ulong[] CpuSlabs(Machine machine, SlabCache cache)
    {
        var slabs = new ulong[machine.Nodes.Length];
        foreach (ref readonly var cpu in cache.CpuSlabs)
        {
            if (cpu.Active == Pfn.None)
            {
                continue;
            }

            slabs[NodeOf(machine, cpu.Active)]++;
            if (cpu.Partial != Pfn.None)
            {
                slabs[NodeOf(machine, cpu.Partial)] += cpu.PartialSlabs;
            }
        }

        return slabs;
    }

    private static ulong[] AllSlabs(Machine machine, SlabCache cache, Unit unit)
    {
        var counts = new ulong[machine.Nodes.Length];
        for (var node = 0; node < counts.Length; node++)
        {
            counts[node] = unit switch
            {
                Unit.Slabs => cache.Nodes[node].Slabs,
                Unit.Objects => cache.Nodes[node].Objects,
                _ => cache.Nodes[node].Objects - (Partial(machine, cache, node, Unit.Objects) - Partial(machine, cache, node, Unit.UsedObjects)),
            };
        }

        return counts;
    }

    private static ulong[] PartialSlabs(Machine machine, SlabCache cache, Unit unit)
    {
        var counts = new ulong[machine.Nodes.Length];
        for (var node = 0; node < counts.Length; node++)
        {
            counts[node] = Partial(machine, cache, node, unit);
        }

        return counts;
    }

    private static ulong Partial(Machine machine, SlabCache cache, int node, Unit unit)
    {
        var count = 0UL;
        for (var slab = cache.Nodes[node].Partial.Head; slab != Pfn.None; slab = machine.Frames[slab].Next)
        {
            count += unit switch
            {
                Unit.Slabs => 1,
                Unit.Objects => machine.Frames[slab].MapCount,
                _ => machine.Frames[slab].ReferenceCount,
            };
        }

        return count;
    }

    private static int NodeOf(Machine machine, Pfn slab) => machine.Allocator.ZoneOf(slab).Node;

    private static void RenderByNode(ulong[] counts, ProcText text)
    {
        var sum = 0UL;
        foreach (var count in counts)
        {
            sum += count;
        }

        text.Number(sum);
        for (var node = 0; node < counts.Length; node++)
        {
            if (counts[node] > 0)
            {
                text.Literal(" N"u8).Number((long)node).Literal("="u8).Number(counts[node]);
            }
        }
    }

    /// <summary>Objects, each slab taken as half full, and slabs: in all, and of each CPU that has some.</summary>
    private static void RenderCpuPartial(SlabCache cache, ProcText text)
    {
        var all = 0UL;
        foreach (ref readonly var cpu in cache.CpuSlabs)
        {
            all += cpu.PartialSlabs;
        }

        RenderHalfFull(cache, all, text);
        for (var cpu = 0; cpu < cache.CpuSlabs.Length; cpu++)
        {
            if (cache.CpuSlabs[cpu].PartialSlabs > 0)
            {
                text.Literal(" C"u8).Number((long)cpu).Literal("="u8);
                RenderHalfFull(cache, cache.CpuSlabs[cpu].PartialSlabs, text);
            }
        }
    }

    private static void RenderHalfFull(SlabCache cache, ulong slabs, ProcText text) =>
        text.Number(slabs * (ulong)cache.Geometry.ObjectsPerSlab / 2).Literal("("u8).Number(slabs).Literal(")"u8);
}
