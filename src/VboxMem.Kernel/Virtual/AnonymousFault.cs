// First access to an anonymous page. Read: the zero page is mapped, which is no one's memory and in no RSS. Write: a fresh page.
//
// Models   Linux 6.12 mm/memory.c: do_anonymous_page (facts: virtual memory, 3.1).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class AnonymousFault(Machine machine)
{
    private readonly PageFrames _frames = machine.Frames;

    /// <summary>Maps the zero page; in an area of the kernel's own frames (vvar), its frame, which is not accounted either.</summary>
    public FaultResult Read(in Fault fault, Span<PageTableEntry> entries)
    {
        entries[fault.PteIndex] = PageTableEntry.Of(Pfn.None, AreaProtection.Of(fault.Area, isWritable: false) | EntryBits.Special);
        machine.Cpus.SpendInKernel(machine.Costs.MinorFault);
        return FaultResult.Done;
    }

    /// <summary>Maps fresh pages for writes to one page after the other. See <see cref="PageFault.HandleFirstWrites"/>.</summary>
    /// <remarks>Counters that nothing reads in between are moved once, at the end.</remarks>
    public FaultResult WriteRun(in Fault fault, Span<PageTableEntry> entries, int pages, ulong workNanoseconds, out int done)
    {
        done = 0;
        var area = fault.Area;
        if (!machine.ReverseMap.TryPrepareAnon(fault.Memory, area))
        {
            return fault.NoMemory;
        }

        var run = entries.Slice(fault.PteIndex, pages);
        var bits = AreaProtection.Of(area, isWritable: true) | EntryBits.Dirty | EntryBits.SoftDirty;
        bits |= fault.WritesZeros ? EntryBits.MayHoldZeros : 0;
        var flags = PageFlags.UpToDate | PageFlags.SwapBacked | PageFlags.AnonExclusive;
        flags |= fault.WritesZeros ? PageFlags.ZeroFilled : 0;
        var isLocked = FolioMapping.LocksPages(area);
        var owner = (uint)area.AnonVmas[^1];
        var index = (uint)area.IndexOf(fault.Page);
        var cpus = machine.Cpus;
        var allocator = machine.Allocator;
        var lru = machine.Lru;
        var result = FaultResult.Done;
        var (zone, counted) = (PageFrames.NoZone, 0);
        while (done < run.Length && run[done].IsNone)
        {
            if (!allocator.TryAllocate(GfpFlags.HighUserMovable | GfpFlags.Compound | GfpFlags.Zero, 0, FrameOwner.Anonymous, out var folio))
            {
                result = fault.NoMemory;
                break;
            }

            ref var frame = ref _frames[folio];
            frame.OwnerId = owner;
            frame.Index = index + (uint)done;
            frame.MapCount = 1;
            frame.Set(flags);
            if (_frames.ZoneOf(folio) != zone)
            {
                CountMapped(zone, counted);
                (zone, counted) = (_frames.ZoneOf(folio), 0);
            }

            counted++;
            if (isLocked)
            {
                lru.AddLocked(folio);
            }
            else
            {
                lru.Add(folio);
            }

            run[done++] = PageTableEntry.Of(folio, bits);
            cpus.SpendInKernel(machine.Costs.AnonymousFault);
            cpus.SpendInProgram(workNanoseconds);
            if (cpus.IsTurnOver)
            {
                break;
            }
        }

        CountMapped(zone, counted);
        fault.Memory.RssAnonPages += (ulong)done;
        return result;
    }

    /// <summary>Counts pages of a zone that are mapped now, as if each had been counted alone.</summary>
    private void CountMapped(byte zone, int pages)
    {
        if (pages > 0)
        {
            machine.Allocator.Nodes[zone / Zone.TypesPerNode].Stats.AddTimes((int)NodeStatItem.AnonPages, 1, pages);
        }
    }
}
