using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>A huge folio of which only a part is to be treated: it must be split first.</summary>
internal static class HugePart
{
    /// <summary>Splits it unless it is locked, shared or held.</summary>
    public static bool TrySplit(Machine machine, Pfn head)
    {
        ref var frame = ref machine.Frames[head];
        if (frame.Has(PageFlags.Locked) || HugeCounts.AllMappings(machine.Frames, head) > HugeCounts.Pages)
        {
            return false;
        }

        machine.Lru.Get(head);
        frame.Set(PageFlags.Locked);
        var isSplit = machine.HugeFolios.TrySplit(head, null);
        machine.Lru.UnlockPage(head);
        machine.Lru.Put(head);
        return isSplit;
    }
}
