// What the signs of use decide about a page at the tail of the inactive list.
//
// Two signs: mappings whose page-table entry was young (hardware saw an access; the check clears them), and PG_referenced (an access
// seen before; the check takes it away). One access alone earns another round, two earn the active list. Code is worth a single
// one.
//
// Models   Linux 6.12 folio_check_references (facts: reclaim, 1.8 step 7).

namespace VboxMem.Kernel.Reclaim;

/// <summary>What becomes of a page on the inactive list, as far as its use decides.</summary>
public enum PageFate
{
    /// <summary>May go.</summary>
    Reclaim,

    /// <summary>May go if clean; a dirty page stays on its list.</summary>
    ReclaimClean,

    /// <summary>Stays on its list.</summary>
    Keep,

    /// <summary>Stays on its list, with PG_referenced set.</summary>
    KeepAndReference,

    /// <summary>Goes to the active list; or, when it turns out to be locked, to the unevictable one.</summary>
    Activate,
}

/// <summary>What was found of a page's use.</summary>
/// <param name="YoungMappings">Areas, not entries, in which the page had a young entry.</param>
/// <param name="WasReferenced">PG_referenced, before the check cleared it.</param>
/// <param name="IsFile">Not swap-backed: page cache, or anonymous memory given up by MADV_FREE.</param>
/// <param name="IsExecutable">One of those areas maps it for execution.</param>
/// <param name="IsLocked">An area that maps it is locked (VM_LOCKED).</param>
/// <param name="IsUnknown">The mappings could not be looked at: their lock was taken, or only a dying process maps the page.</param>
public readonly record struct PageUse(
    int YoungMappings, bool WasReferenced, bool IsFile, bool IsExecutable = false, bool IsLocked = false, bool IsUnknown = false)
{
    /// <summary>The decision.</summary>
    public PageFate Fate
    {
        get
        {
            if (IsLocked)
            {
                return PageFate.Activate;
            }

            if (IsUnknown)
            {
                return PageFate.Keep;
            }

            if (YoungMappings == 0)
            {
                return WasReferenced && IsFile ? PageFate.ReclaimClean : PageFate.Reclaim;
            }

            var earnsActive = WasReferenced || YoungMappings > 1 || (IsFile && IsExecutable);
            return earnsActive ? PageFate.Activate : PageFate.KeepAndReference;
        }
    }

    /// <summary>PG_referenced after the check: an activated page carries it too, if a young entry was seen.</summary>
    public bool LeavesReferenced => YoungMappings > 0 && !IsLocked && !IsUnknown;
}
