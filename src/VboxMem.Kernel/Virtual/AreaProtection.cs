using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>From the rights of an area to the bits of an entry (vm_page_prot): x86 makes every entry accessed to begin with.</summary>
internal static class AreaProtection
{
    /// <summary>Bits of a present entry of the area.</summary>
    /// <param name="area">The area.</param>
    /// <param name="isWritable">The entry may be written through, as far as the area may.</param>
    public static EntryBits Of(Vma area, bool isWritable)
    {
        var bits = EntryBits.Present | EntryBits.User | EntryBits.Accessed;
        bits |= area.Has(VmaFlags.Execute) ? 0 : EntryBits.NoExecute;
        return bits | (isWritable && area.Has(VmaFlags.Write) ? EntryBits.Writable : 0);
    }

    /// <summary>The access is one the area allows (access_error).</summary>
    public static bool Allows(Vma area, bool isWrite) => isWrite
        ? area.Has(VmaFlags.Write)
        : (area.Flags & (VmaFlags.Read | VmaFlags.Write | VmaFlags.Execute)) != 0;
}
