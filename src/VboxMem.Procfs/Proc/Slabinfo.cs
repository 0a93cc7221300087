using VboxMem.Kernel;
using VboxMem.Kernel.Slab;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/slabinfo</c>: one line a cache, newest first. SLUB has no tunables: they print as 0.</summary>
/// <remarks>mm/slab_common.c: cache_show; mm/slub.c: get_slabinfo (facts: physical memory, 7.5). Objects free in a CPU's slabs count as active.</remarks>
public static class Slabinfo
{
    public static void Render(Machine machine, ProcText text)
    {
        text.Literal("slabinfo - version: 2.1\n"u8);
        text.Literal("# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"u8);
        text.Literal(" : tunables <limit> <batchcount> <sharedfactor>"u8);
        text.Literal(" : slabdata <active_slabs> <num_slabs> <sharedavail>\n"u8);
        foreach (var cache in machine.Slabs.Caches)
        {
            RenderCache(cache, text);
        }
    }

    private static void RenderCache(SlabCache cache, ProcText text)
    {
        var objects = cache.ObjectCount;
        text.TextLeft(cache.Description.Name, 17);
        text.Literal(" "u8).Number(objects - cache.FreeOnNodeLists(), 6);
        text.Literal(" "u8).Number(objects, 6);
        text.Literal(" "u8).Number((long)cache.Geometry.Size, 6);
        text.Literal(" "u8).Number((long)cache.Geometry.ObjectsPerSlab, 4);
        text.Literal(" "u8).Number((long)cache.Geometry.PagesPerSlab, 4);
        text.Literal(" : tunables    0    0    0 : slabdata"u8);
        text.Literal(" "u8).Number(cache.SlabCount, 6);
        text.Literal(" "u8).Number(cache.SlabCount, 6);
        text.Literal("      0\n"u8);
    }
}
