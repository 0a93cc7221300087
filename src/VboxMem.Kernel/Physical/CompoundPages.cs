namespace VboxMem.Kernel.Physical;

/// <summary>Blocks that were allocated as one (compound pages): who walks over frames passes them in one step.</summary>
internal static class CompoundPages
{
    /// <summary>How many pages of such a block lie behind its first one; 0 for all other pages.</summary>
    /// <remarks>What the kernel allocates for itself by several pages without __GFP_COMP is so many single pages to such a walk.</remarks>
    public static uint Behind(PageFrames frames, Pfn page)
    {
        ref var frame = ref frames[page];
        return frame.Owner is FrameOwner.Slab or FrameOwner.LargeKmalloc or FrameOwner.HugeTlb
            or FrameOwner.Anonymous or FrameOwner.File or FrameOwner.Shmem
            ? frame.Pages - 1
            : 0;
    }
}
