// The page cache recounted: every folio of a file from the file's tree and back, every node, name, inode and open file from its
// slab object, every unused list from what is on it.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Auditing;

internal static class PageCacheAudit
{
    /// <summary>Claims the folios of files, and the slab objects of everything files are made of.</summary>
    public static void AddClaims(Machine machine, FrameCensus census, OwnerClaims claims)
    {
        var files = machine.FileSystems;
        var nodes = machine.PageCache.Trees.Nodes;
        for (var node = 1; node < nodes.End; node++)
        {
            ClaimObject(claims, nodes[node].Tree != 0 ? nodes[node].Slab : Pfn.None);
        }

        for (var inode = 1; inode < files.Inodes.End; inode++)
        {
            ClaimObject(claims, files.Inodes[inode].Object);
            ClaimObject(claims, files.Inodes[inode].SecurityObject);
            ClaimObject(claims, files.Inodes[inode].JournalObject);
            VisitTree(machine, inode, (_, entry) => ClaimFolio(machine, claims, entry));
        }

        for (var name = 1; name < files.Names.End; name++)
        {
            ClaimObject(claims, files.Names[name].Object);
        }

        for (var file = 1; file < files.Open.End; file++)
        {
            ClaimObject(claims, files.Open[file].Object);
        }

        // Out of its file, and still held by a batch or the swap cache: its references are recounted by their own audits.
        foreach (var (block, owner, _, _) in census.Blocks)
        {
            if (owner is FrameOwner.File or FrameOwner.Shmem && machine.Frames[block].OwnerId == 0)
            {
                Audit.Require(machine.Frames[block].ReferenceCount > 0, $"{block} belongs to no file and is held by no one");
                claims.Claim(block, owner);
            }
        }
    }

    public static void Check(Machine machine, FrameCensus census)
    {
        CheckNodes(machine);
        CheckFolios(machine, census);
        for (var inode = 1; inode < machine.FileSystems.Inodes.End; inode++)
        {
            CheckInode(machine, inode);
        }

        CheckNames(machine);
        CheckLists(machine);
        CheckOpenFiles(machine);
    }

    private static void VisitTree(Machine machine, int inode, Action<ulong, IndexEntry> visit)
    {
        var tree = machine.FileSystems.Inodes[inode].Tree;
        var next = 0UL;
        while (tree != 0 && machine.PageCache.Trees.TryNext(tree, next, ulong.MaxValue, out var index, out var entry))
        {
            visit(index, entry);
            next = index + 1;
        }
    }

    private static void ClaimObject(OwnerClaims claims, Pfn slab)
    {
        if (slab != Pfn.None)
        {
            claims.ClaimObjects(slab, 1);
        }
    }

    private static void ClaimFolio(Machine machine, OwnerClaims claims, IndexEntry entry)
    {
        if (entry.IsFolio)
        {
            ref var frame = ref machine.Frames[entry.Folio];
            claims.Claim(entry.Folio, frame.Owner);
            if (frame.Owner == FrameOwner.File && frame.Private != 0)
            {
                claims.ClaimObjects(new Pfn(frame.Private), 1);
            }
        }
    }

    /// <summary>N2, N3, T1: counts of each node, and the shadow lists.</summary>
    private static void CheckNodes(Machine machine)
    {
        var nodes = machine.PageCache.Trees.Nodes;
        var shadows = new ulong[machine.Nodes.Length];
        for (var node = 1; node < nodes.End; node++)
        {
            if (nodes[node].Tree == 0)
            {
                continue;
            }

            var (entries, values) = (0, 0);
            foreach (var slot in nodes.SlotsOf(node))
            {
                entries += slot.IsNone ? 0 : 1;
                values += slot.IsValue ? 1 : 0;
            }

            Audit.Require(entries > 0 && entries == nodes[node].Entries && values == nodes[node].Values, $"index node {node} miscounts its slots");
            Audit.Require(
                !nodes[node].IsOnShadowList || entries == values, $"index node {node} is listed as shadows alone, and is not");
            shadows[nodes.MemoryNodeOf(node)] += nodes[node].IsOnShadowList ? 1UL : 0;
        }

        foreach (var memory in machine.Nodes)
        {
            Audit.Same("shadow nodes", nodes.ShadowNodes(memory.Id), shadows[memory.Id]);
            Audit.Same("workingset_nodes", (ulong)memory.Stats.ReadExact((int)NodeStatItem.WorkingsetNodes), shadows[memory.Id]);
        }
    }

    /// <summary>P1 from the folios' side, and the counters that follow.</summary>
    private static void CheckFolios(Machine machine, FrameCensus census)
    {
        var (cached, shmem) = (new ulong[machine.Nodes.Length], new ulong[machine.Nodes.Length]);
        foreach (var (block, owner, order, zone) in census.Blocks)
        {
            ref var frame = ref machine.Frames[block];
            var node = zone / Zone.TypesPerNode;
            if (owner is FrameOwner.Anonymous or FrameOwner.Shmem && frame.Has(PageFlags.SwapCache))
            {
                cached[node] += 1UL << order;
            }

            if (owner is not (FrameOwner.File or FrameOwner.Shmem) || frame.OwnerId == 0)
            {
                continue;
            }

            Audit.Require(
                machine.PageCache.Find((int)frame.OwnerId, frame.Index) == block, $"{block} is not page {frame.Index} of inode {frame.OwnerId}");
            Audit.Require(
                frame.Has(PageFlags.SwapBacked) == (owner == FrameOwner.Shmem), $"{block} of owner {owner} is on the wrong kind of list");
            cached[node]++;
            shmem[node] += owner == FrameOwner.Shmem ? 1UL : 0;
        }

        foreach (var node in machine.Nodes)
        {
            Audit.Same($"nr_file_pages of node {node.Id}", (ulong)node.Stats.ReadExact((int)NodeStatItem.FilePages), cached[node.Id]);
            Audit.Same($"nr_shmem of node {node.Id}", (ulong)node.Stats.ReadExact((int)NodeStatItem.Shmem), shmem[node.Id]);
        }
    }

    private static void CheckInode(Machine machine, int inode)
    {
        ref var file = ref machine.FileSystems.Inodes[inode];
        if (!file.InCore)
        {
            Audit.Require(
                file.Tree == 0 && file.Pages == 0 && file.Object == Pfn.None && file.Holds == 0, $"inode {inode} is not in memory and has something there");
            return;
        }

        var (pages, values) = (0UL, 0UL);
        var isTmpfs = file.IsTmpfs;
        VisitTree(machine, inode, (index, entry) =>
        {
            pages += entry.IsFolio ? 1UL : 0;
            values += entry.IsValue ? 1UL : 0;
            if (entry.IsFolio)
            {
                ref var frame = ref machine.Frames[entry.Folio];
                Audit.Require(frame.OwnerId == (uint)inode && frame.Index == index, $"page {index} of inode {inode} says it is another's");
                Audit.Require(frame.Owner == (isTmpfs ? FrameOwner.Shmem : FrameOwner.File), $"page {index} of inode {inode} has owner {frame.Owner}");
            }
        });
        Audit.Same($"pages of inode {inode}", file.Pages, pages);
        Audit.Same($"swapped pages of inode {inode}", file.SwappedPages, isTmpfs ? values : 0);
        Audit.Require(file.Links > 0 || file.Holds > 0 || pages > 0, $"inode {inode} is removed, unused and still there");
        Audit.Require(file.Name == 0 || machine.FileSystems.Names[file.Name].Inode == inode, $"the name of inode {inode} is another's");
    }

    private static void CheckNames(Machine machine)
    {
        var names = machine.FileSystems.Names;
        var children = new int[names.End];
        var (cached, negative) = (0UL, 0UL);
        for (var name = 1; name < names.End; name++)
        {
            ref var entry = ref names[name];
            Audit.Require(entry.IsCached == (entry.Object != Pfn.None), $"name {name} is in memory without a dentry, or the other way");
            Audit.Require(entry.Text is null || entry.IsCached || entry.IsOnDisk, $"name {name} is neither in memory nor on a disk");
            Audit.Require(!entry.IsHashed || names.Find(entry.Parent, entry.Text) == name, $"name {name} cannot be found");
            if (!entry.IsCached)
            {
                continue;
            }

            cached++;
            negative += entry.Inode == 0 ? 1UL : 0;
            Audit.Require(entry.Inode == 0 || machine.FileSystems.Inodes[entry.Inode].InCore, $"name {name} leads to an inode that is not in memory");
            children[machine.FileSystems.Inodes[entry.Parent].Name]++;
        }

        for (var name = 1; name < names.End; name++)
        {
            Audit.Same($"names below name {name}", (ulong)names[name].Children, (ulong)children[name]);
        }

        Audit.Same("dentries", names.CachedCount, cached);
        Audit.Same("negative dentries", names.NegativeCount, negative);
    }

    /// <summary>What no one uses and could be freed is on its list, so that shrinkers find it.</summary>
    private static void CheckLists(Machine machine)
    {
        var (inodes, names) = (machine.FileSystems.Inodes, machine.FileSystems.Names);
        var inCore = 0UL;
        for (var inode = 1; inode < inodes.End; inode++)
        {
            ref var file = ref inodes[inode];
            inCore += file.InCore && file.Object != Pfn.None ? 1UL : 0;
            var isFreeable = file.InCore && machine.FileSystems.Release.IsFreeable(file);
            Audit.Require(!isFreeable || inodes.Unused.Holds(inode), $"inode {inode} is unused and on no list");
            Audit.Require(!inodes.Unused.Holds(inode) || file.InCore, $"inode {inode} is listed as unused and is not in memory");
        }

        Audit.Same("inodes in memory", inodes.InCoreCount, inCore);
        for (var name = 1; name < names.End; name++)
        {
            Audit.Require(!names.Unused.Holds(name) || names[name].IsCached, $"name {name} is listed as unused and is not in memory");
        }
    }

    private static void CheckOpenFiles(Machine machine)
    {
        var references = new int[machine.FileSystems.Open.End];
        foreach (var task in machine.Processes.Tasks)
        {
            references[task.HeldFile]++;
            foreach (var file in task.IsLeader ? task.Files : [])
            {
                references[file]++;
            }
        }

        var count = 0UL;
        for (var file = 1; file < references.Length; file++)
        {
            Audit.Same($"descriptors of open file {file}", (ulong)machine.FileSystems.Open[file].References, (ulong)references[file]);
            count += references[file] > 0 ? 1UL : 0;
        }

        Audit.Same("open files", machine.FileSystems.Open.Count, count);
    }
}
