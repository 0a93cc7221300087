// Mappings recounted from the page tables: each page's map count, each folio's way back to the entries that map it, the counters of
// mapped pages, RSS, the links of anon_vmas, the deferred split lists.

using System.Runtime.InteropServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Auditing;

internal static class RmapAudit
{
    /// <summary>Claims anon_vmas, their links, the huge zero page, and the anonymous folios that something maps, caches or batches.</summary>
    public static void AddClaims(Machine machine, FrameCensus census, OwnerClaims claims)
    {
        foreach (var anon in machine.ReverseMap.Anons.All)
        {
            claims.ClaimObjects(anon.Descriptor.Slab, 1);
            foreach (var link in anon.Links)
            {
                claims.ClaimObjects(link.Chain.Slab, 1);
            }
        }

        if (machine.HugeFolios.ZeroPage.Page != Pfn.None)
        {
            claims.Claim(machine.HugeFolios.ZeroPage.Page, FrameOwner.Kernel);
        }

        var batched = Batched(machine);
        foreach (var (block, owner, _, _) in census.Blocks)
        {
            if (owner != FrameOwner.Anonymous)
            {
                continue;
            }

            ref var frame = ref machine.Frames[block];
            var isCached = frame.Has(PageFlags.SwapCache);
            if (isCached || FolioMapping.IsMapped(machine.Frames, block) || batched.ContainsKey(block))
            {
                claims.ClaimShared(block, FrameOwner.Anonymous);
                var explained = MappingsOf(machine, block) + (isCached ? 1u : 0) + batched.GetValueOrDefault(block);
                Audit.Require(frame.ReferenceCount >= explained, $"{block} has {frame.ReferenceCount} references and {explained} holders");
            }
        }
    }

    public static void Check(Machine machine, FrameCensus census)
    {
        var entries = MappedEntries.Collect(machine);
        CheckFolios(machine, census, entries);
        Audit.Require(entries.Pages.Count == 0, $"{entries.Pages.Count} mapped frames are no folios");
        Audit.Require(entries.Wholes.Count == 0, $"{entries.Wholes.Count} frames mapped by huge entries are no huge folios");
        CheckAnonVmas(machine);
        CheckQueues(machine);
        Audit.Require(machine.ReverseMap.Stale.IsEmpty, $"a CPU has not been told of an entry that is gone (T1)");
        var holders = machine.Memory.All.Count(mm => mm.HoldsHugeZeroPage);
        Audit.Same("holders of the huge zero page", (ulong)machine.HugeFolios.ZeroPage.Holders, (ulong)holders);
    }

    /// <summary>References of batches, and of runs of compaction.</summary>
    private static Dictionary<Pfn, uint> Batched(Machine machine)
    {
        var batched = new Dictionary<Pfn, uint>();
        for (var cpu = 0; cpu < machine.Lru.Batches.Cpus; cpu++)
        {
            for (var kind = LruBatchKind.Add; kind <= LruBatchKind.Lock; kind++)
            {
                foreach (var folio in machine.Lru.Batches.FoliosOf(cpu, kind))
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(batched, folio, out _)++;
                }
            }
        }

        foreach (var run in CompactionAudit.RunsOf(machine))
        {
            foreach (var folio in run.Isolated)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(batched, folio, out _)++;
            }
        }

        return batched;
    }

    private static uint MappingsOf(Machine machine, Pfn folio) => machine.Frames[folio].Order == HugeCounts.Order
        ? HugeCounts.AllMappings(machine.Frames, folio)
        : machine.Frames[folio].MapCount;

    /// <summary>F1, F2, R1.</summary>
    private static void CheckFolios(Machine machine, FrameCensus census, MappedEntries entries)
    {
        var sums = new long[machine.Nodes.Length, 3];
        foreach (var (block, owner, order, _) in census.Blocks)
        {
            if (owner is not (FrameOwner.Anonymous or FrameOwner.File or FrameOwner.Shmem))
            {
                continue;
            }

            var found = 0UL;
            for (var i = 0u; i < 1u << order; i++)
            {
                entries.Pages.Remove(block.Plus(i), out var count);
                Audit.Same($"map count of {block.Plus(i)}", machine.Frames[block.Plus(i)].MapCount, count);
                found += count;
            }

            entries.Wholes.Remove(block, out var whole);
            found += whole;
            if (order == HugeCounts.Order)
            {
                CheckHuge(machine, block, whole);
            }

            if (found > 0)
            {
                Audit.Same($"mappings of {block} that its reverse map finds", found, CountByWalk(machine, block));
            }

            var node = machine.Allocator.ZoneOf(block).Node;
            sums[node, owner == FrameOwner.Anonymous ? 0 : 1] +=
                order == HugeCounts.Order ? HugeCounts.MappedPages(machine.Frames, block) : found > 0 ? 1 : 0;
            sums[node, 2] += whole > 0 ? HugeCounts.Pages : 0;
        }

        foreach (var node in machine.Nodes)
        {
            CheckCounter(node, NodeStatItem.AnonPages, sums[node.Id, 0]);
            CheckCounter(node, NodeStatItem.Mapped, sums[node.Id, 1]);
            CheckCounter(node, NodeStatItem.AnonTransparentHugepages, sums[node.Id, 2]);
        }
    }

    private static void CheckCounter(Node node, NodeStatItem item, long counted) =>
        Audit.Same($"{NodeStatNames.All[(int)item]} of node {node.Id}", (ulong)node.Stats.ReadExact((int)item), (ulong)counted);

    private static void CheckHuge(Machine machine, Pfn head, uint whole)
    {
        var frames = machine.Frames;
        Audit.Same($"whole mappings of {head}", HugeCounts.WholeMappings(frames, head), whole);
        var (byPte, zero) = (0UL, 0UL);
        for (var i = 0u; i < HugeCounts.Pages; i++)
        {
            byPte += frames[head.Plus(i)].MapCount > 0 ? 1UL : 0;
            zero += frames[head.Plus(i)].Has(PageFlags.ZeroPart) ? 1UL : 0;
        }

        Audit.Same($"pages of {head} mapped by PTEs", HugeCounts.PagesMappedByPte(frames, head), byPte);
        Audit.Same($"mapped pages of {head}", HugeCounts.MappedPages(frames, head), whole > 0 ? HugeCounts.Pages : byPte);
        Audit.Same($"pages of zeros of {head}", HugeCounts.ZeroPages(frames, head), zero);
        Audit.Require(
            frames[head].Has(PageFlags.ZeroFilled) == (zero == HugeCounts.Pages), $"{head} has {zero} pages of zeros");
        var isPart = HugeCounts.MappedPages(frames, head) is > 0 and < HugeCounts.Pages;
        Audit.Require(!isPart || frames[head].Has(PageFlags.PartiallyMapped), $"{head} is mapped in part and not marked so");
    }

    private static ulong CountByWalk(Machine machine, Pfn folio)
    {
        var count = 0UL;
        for (var walk = machine.ReverseMap.WalkOf(folio); walk.MoveNext();)
        {
            if (machine.Frames[folio].Order != 0 && machine.ReverseMap.TryFindHuge(walk.Memory, walk.Page, folio, out _))
            {
                count++;
                continue;
            }

            for (var i = 0u; i < walk.Count; i++)
            {
                var page = folio.Plus(walk.FirstInFolio + i);
                count += machine.ReverseMap.TryFindEntry(walk.Memory, walk.Page + i, page, out _, out _) ? 1UL : 0;
            }
        }

        return count;
    }

    /// <summary>V1, V2.</summary>
    private static void CheckAnonVmas(Machine machine)
    {
        var links = 0UL;
        var (children, active, descendants) = (new Dictionary<int, int>(), new Dictionary<int, int>(), new Dictionary<int, int>());
        foreach (var anon in machine.ReverseMap.Anons.All)
        {
            links += (ulong)anon.Links.Count;
            foreach (var link in anon.Links)
            {
                Audit.Require(
                    link.Memory.AreaList.Contains(link.Area) && link.Area.AnonVmas.Contains(anon.Id),
                    $"anon_vma {anon.Id} links area {link.Area.Id} of memory {link.Memory.Id}, which does not know it");
            }

            Add(children, anon.Links.Count > 0 || anon.Root == anon.Id ? anon.Parent : 0);
            Add(descendants, anon.Root == anon.Id ? 0 : anon.Root);
        }

        var areaLinks = 0UL;
        foreach (var mm in machine.Memory.All)
        {
            foreach (var area in mm.Areas)
            {
                areaLinks += (ulong)area.AnonVmas.Count;
                Add(active, area.AnonVmas.Count > 0 ? area.AnonVmas[^1] : 0);
            }
        }

        Audit.Same("links of anon_vmas", links, areaLinks);
        foreach (var anon in machine.ReverseMap.Anons.All)
        {
            Audit.Same($"areas of anon_vma {anon.Id}", (ulong)anon.ActiveAreas, (ulong)active.GetValueOrDefault(anon.Id));
            var kept = (anon.Links.Count > 0 ? 1 : 0) + descendants.GetValueOrDefault(anon.Id);
            Audit.Same($"references of anon_vma {anon.Id}", (ulong)anon.References, (ulong)kept);
            var isOwnParent = anon.Root == anon.Id && anon.Links.Count > 0 ? 1 : 0;
            var counted = children.GetValueOrDefault(anon.Id) - (anon.Root == anon.Id ? 1 : 0) + isOwnParent;
            Audit.Same($"children of anon_vma {anon.Id}", (ulong)anon.Children, (ulong)counted);
        }
    }

    private static void Add(Dictionary<int, int> counts, int id) => CollectionsMarshal.GetValueRefOrAddDefault(counts, id, out _)++;

    /// <summary>D1.</summary>
    private static void CheckQueues(Machine machine)
    {
        for (var node = 0; node < machine.Nodes.Length; node++)
        {
            var folios = 0UL;
            for (var link = machine.HugeFolios.QueueOf(node).Head; link != Pfn.None; link = machine.Frames[link].Next)
            {
                folios++;
                var head = HugeCounts.HeadOfLink(link);
                ref var frame = ref machine.Frames[head];
                Audit.Require(
                    frame.IsAnonymous && frame.Order == HugeCounts.Order && HugeCounts.IsQueued(machine.Frames, head) == 1
                        && machine.Allocator.ZoneOf(head).Node == node,
                    $"{head} is on the deferred split list of node {node}");
            }

            Audit.Same($"deferred split list of node {node}", machine.HugeFolios.QueuedOf(node), folios);
        }
    }
}
