// Gives back names and files that no one uses, of one mounted file system: a number is split over both in proportion, names first,
// for a name keeps its file.
//
// Second chance: one that was used since it was last looked at loses its mark and goes to the end of its list.
//
// Models   Linux 6.12 fs/super.c: super_cache_count, super_cache_scan; fs/dcache.c: dentry_lru_isolate, shrink_dentry_list;
//          fs/inode.c: inode_lru_isolate (facts: reclaim, 8).
// Departs  objects are freed at once, not after a grace period.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class SuperBlockShrinker : Shrinker
{
    private const ulong ObjectsInOneGo = 1024;

    private readonly Machine _machine;
    private readonly FileSystems _files;
    private readonly int _mount;

    public SuperBlockShrinker(Machine machine, FileSystems files, int mount)
        : base(machine.Nodes.Length) => (_machine, _files, _mount) = (machine, files, mount);

    private SuperBlockShrinker(SuperBlockShrinker other, Machine machine, FileSystems files)
        : base(other) => (_machine, _files, _mount) = (machine, files, other._mount);

    public override int Rank => 0;

    public override ulong Batch => ObjectsInOneGo;

    public override bool NeedsFileSystem => true;

    public SuperBlockShrinker Clone(Machine machine, FileSystems files) => new(this, machine, files);

    public override ulong Count(int node)
    {
        var list = ListOf(node);
        var objects = _files.Names.Unused.Count(list) + _files.Inodes.Unused.Count(list);
        return (ulong)((UInt128)objects * _machine.Tunables.VfsCachePressure / 100);
    }

    public override ulong Scan(int node, ulong objects)
    {
        var list = ListOf(node);
        var names = _files.Names.Unused.Count(list);
        var inodes = _files.Inodes.Unused.Count(list);
        var total = Math.Max(names + inodes, 1);
        var freed = ScanNames(list, Part(objects, names, total) + 1);
        return freed + ScanInodes(list, Part(objects, inodes, total) + 1);
    }

    private static ulong Part(ulong objects, ulong of, ulong total) => (ulong)((UInt128)objects * of / total);

    private int ListOf(int node) => (_mount * _machine.Nodes.Length) + node;

    private ulong ScanNames(int list, ulong objects)
    {
        var freed = 0UL;
        var unused = _files.Names.Unused;
        for (var name = unused.First(list); name != 0 && objects > 0; objects--)
        {
            var next = unused.After(name);
            if (_files.Release.IsInUse(name))
            {
                unused.Remove(name);
                freed++;
            }
            else if (_files.Names[name].IsReferenced)
            {
                _files.Names[name].IsReferenced = false;
                unused.MoveToEnd(name);
                next = next == 0 ? name : next;
            }
            else
            {
                KillWithParents(name, ref next);
                freed++;
            }

            name = next;
        }

        return freed;
    }

    /// <summary>Frees a name, and the directories' names above it that only it kept in use.</summary>
    private void KillWithParents(int name, ref int next)
    {
        for (var killed = name; killed != 0;)
        {
            if (killed == next)
            {
                next = _files.Names.Unused.After(next);
            }

            killed = _files.Release.KillName(killed);
        }
    }

    private ulong ScanInodes(int list, ulong objects)
    {
        var freed = 0UL;
        var unused = _files.Inodes.Unused;
        for (var inode = unused.First(list); inode != 0 && objects > 0; objects--)
        {
            var next = unused.After(inode);
            ref var file = ref _files.Inodes[inode];
            if (!_files.Release.IsFreeable(file))
            {
                unused.Remove(inode);
                freed++;
            }
            else if (file.IsReferenced)
            {
                file.IsReferenced = false;
                unused.MoveToEnd(inode);
                next = next == 0 ? inode : next;
            }
            else
            {
                CountShadow(file);
                _files.Release.Evict(inode);
                freed++;
            }

            inode = next;
        }

        return freed;
    }

    /// <summary>A lone shadow in the head of the tree goes with the inode; it is counted as if it were a page.</summary>
    private void CountShadow(in Inode file)
    {
        if (!_machine.PageCache.Trees.IsEmpty(file.Tree))
        {
            var isKswapd = _machine.Scheduler.CurrentTask is { Body: KernelThreadBody.Kswapd };
            _machine.Events.Count(isKswapd ? VmEvent.KswapdInodesteal : VmEvent.PgInodesteal, 1);
        }
    }
}
