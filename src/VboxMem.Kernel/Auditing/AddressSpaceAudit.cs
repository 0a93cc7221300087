// Address spaces recounted: areas and their sums, the tree of page tables and what it costs, what has been promised.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Auditing;

internal sealed class AddressSpaceAudit
{
    private const int BitsPerLevel = 9;

    private readonly Machine _machine;
    private readonly ulong[] _tablePages;

    private AddressSpaceAudit(Machine machine)
    {
        _machine = machine;
        _tablePages = new ulong[machine.Nodes.Length];
    }

    /// <summary>Claims page tables, and the kernel objects of descriptors and areas.</summary>
    public static void AddClaims(Machine machine, OwnerClaims claims)
    {
        foreach (var mm in machine.Memory.All)
        {
            claims.ClaimObjects(mm.Descriptor.Slab, 1);
            foreach (var area in mm.Areas)
            {
                claims.ClaimObjects(area.Descriptor.Slab, 1);
            }

            ClaimTables(machine, claims, mm.TopTable, machine.Memory.Tables.TopShift);
        }
    }

    public static void Check(Machine machine)
    {
        var audit = new AddressSpaceAudit(machine);
        var promised = 0L;
        foreach (var mm in machine.Memory.All)
        {
            promised += CheckAreas(machine, mm);
            var tables = audit.CheckTable(mm, mm.TopTable, machine.Memory.Tables.TopShift, 0);
            Audit.Same($"page tables of memory {mm.Id} (bytes)", mm.PageTableBytes, tables * PageGeometry.PageBytes);
        }

        promised += PromisedToShmem(machine);
        Audit.Require(machine.Memory.CommittedPages == promised, $"promised pages: kept {machine.Memory.CommittedPages}, counted {promised}");
        foreach (var kept in machine.BootAllocations.Blocks)
        {
            audit._tablePages[machine.Allocator.ZoneOf(kept.Block).Node] += kept.Owner == FrameOwner.PageTable && !kept.IsTopLevel ? 1UL : 0;
        }

        foreach (var node in machine.Nodes)
        {
            Audit.Same($"nr_page_table_pages of node {node.Id}", (ulong)node.Stats.ReadExact((int)NodeStatItem.PageTablePages), audit._tablePages[node.Id]);
        }
    }

    private static void ClaimTables(Machine machine, OwnerClaims claims, Pfn table, int shift)
    {
        claims.Claim(table, FrameOwner.PageTable);
        if (shift == PageTables.PteShift)
        {
            return;
        }

        for (var put = shift == PageTables.PmdShift ? machine.Memory.Tables.FirstDeposit(table) : Pfn.None; put != Pfn.None;)
        {
            claims.Claim(put, FrameOwner.PageTable);
            put = machine.Frames[put].Next;
        }

        foreach (var entry in machine.Memory.Tables.Entries(table))
        {
            if (PageTables.Next(entry) is var next && next != Pfn.None)
            {
                ClaimTables(machine, claims, next, shift - BitsPerLevel);
            }
        }
    }

    /// <summary>M1, M3. Returns what the areas have been promised.</summary>
    private static long CheckAreas(Machine machine, MemoryDescriptor mm)
    {
        var sums = new MemoryDescriptor(mm.Id, mm.TopTable);
        var (end, promised) = (0UL, 0L);
        foreach (var area in mm.Areas)
        {
            Audit.Require(area.StartPage >= end && area.EndPage > area.StartPage, $"areas of memory {mm.Id} overlap at page {area.StartPage}");
            Audit.Require(area.EndPage <= mm.EndPage, $"area {area.Id} of memory {mm.Id} lies outside of user space");
            end = area.EndPage;
            AreaAccounting.Add(sums, area.Flags, area.Pages);
            promised += area.IsAccounted ? (long)area.Pages : 0;
            Audit.Require(area.Inode == 0 || machine.ReverseMap.IsMapped(area.Inode), $"inode {area.Inode} does not know of area {area.Id}");
        }

        Audit.Same($"total pages of memory {mm.Id}", mm.TotalPages, sums.TotalPages);
        Audit.Same($"data pages of memory {mm.Id}", mm.DataPages, sums.DataPages);
        Audit.Same($"stack pages of memory {mm.Id}", mm.StackPages, sums.StackPages);
        Audit.Same($"executable pages of memory {mm.Id}", mm.ExecutablePages, sums.ExecutablePages);
        Audit.Same($"locked pages of memory {mm.Id}", mm.LockedPages, sums.LockedPages);
        return promised;
    }

    /// <summary>T1 to T4: the tables below one, the number of those counted; nothing is mapped where no area is.</summary>
    /// <param name="mm">Whose.</param>
    /// <param name="table">The table.</param>
    /// <param name="shift">Entries cover 1 &lt;&lt; shift pages.</param>
    /// <param name="start">First page it covers.</param>
    private ulong CheckTable(MemoryDescriptor mm, Pfn table, int shift, ulong start)
    {
        ref var frame = ref _machine.Frames[table];
        Audit.Require(frame.Owner == FrameOwner.PageTable && frame.OwnerId == (uint)mm.Id, $"{table} is not a page table of memory {mm.Id}");
        var (below, huge) = (0UL, 0UL);
        var page = start;
        foreach (var entry in _machine.Memory.Tables.Entries(table))
        {
            var next = shift == PageTables.PteShift ? Pfn.None : PageTables.Next(entry);
            if (next != Pfn.None)
            {
                var counted = shift <= PageTables.P4dShift ? 1UL : 0;   // not P4D tables
                _tablePages[_machine.Allocator.ZoneOf(next).Node] += counted;
                below += counted + CheckTable(mm, next, shift - BitsPerLevel, page);
            }
            else if (!entry.IsNone)
            {
                Audit.Require(shift <= PageTables.PmdShift, $"memory {mm.Id} has an entry without a table at page {page}");
                Audit.Require(mm.Find(page) is not null, $"memory {mm.Id} maps page {page}, where it has no area");
                huge += shift == PageTables.PmdShift ? 1UL : 0;
            }

            page += 1UL << shift;
        }

        return below + (shift == PageTables.PmdShift ? CountDeposits(mm, table, huge) : 0);
    }

    private ulong CountDeposits(MemoryDescriptor mm, Pfn table, ulong huge)
    {
        var count = 0UL;
        for (var put = _machine.Memory.Tables.FirstDeposit(table); put != Pfn.None; put = _machine.Frames[put].Next)
        {
            count++;
            _tablePages[_machine.Allocator.ZoneOf(put).Node]++;
            foreach (var entry in _machine.Memory.Tables.Entries(put))
            {
                Audit.Require(entry.IsNone, $"table {put}, put by for a huge page of memory {mm.Id}, is in use");
            }
        }

        Audit.Same($"tables put by with {table}", huge, count);
        return count;
    }

    /// <summary>Shared memory objects are promised whole, other pages of tmpfs one by one.</summary>
    private static long PromisedToShmem(Machine machine)
    {
        var promised = 0UL;
        for (var number = 1; number < machine.FileSystems.Inodes.End; number++)
        {
            ref var inode = ref machine.FileSystems.Inodes[number];
            if (inode.Kind == InodeKind.Shmem)
            {
                promised += inode.IsCommittedWhole ? inode.SizePages : inode.Pages + inode.SwappedPages;
            }
        }

        return (long)promised;
    }
}
