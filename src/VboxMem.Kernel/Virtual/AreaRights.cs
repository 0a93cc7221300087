namespace VboxMem.Kernel.Virtual;

/// <summary>Rights of areas, from and to the flags that programs give.</summary>
internal static class AreaRights
{
    public const VmaFlags Access = VmaFlags.Read | VmaFlags.Write | VmaFlags.Execute;
    public const VmaFlags May = VmaFlags.MayRead | VmaFlags.MayWrite | VmaFlags.MayExecute;

    private const int MayShift = 4;

    /// <summary>calc_vm_prot_bits: the lowest bits are the same.</summary>
    public static VmaFlags Of(MapFlags flags) => (VmaFlags)(flags & MapFlags.Protection);

    /// <summary>An area of such flags may not have all the rights in them.</summary>
    public static bool Exceed(VmaFlags flags) => ((ulong)flags & ~((ulong)flags >> MayShift) & (ulong)Access) != 0;

    /// <summary>Private writable memory counts as promised, unless it was asked for without reserve (accountable_mapping).</summary>
    public static bool MustAccount(VmaFlags flags) =>
        (flags & (VmaFlags.NoReserve | VmaFlags.Shared | VmaFlags.Write)) == VmaFlags.Write;
}
