// How many pages of each list of an LRU vector one round of reclaim looks at.
//
// Each list contributes its size >> priority: at priority 12 one page in 4096, at 0 all of them. The mode then says which of the
// two types counts: one alone, both in full, or both by a fraction made of swappiness and of what each type has cost lately. The
// costs alone shift a type's weight by no more than two to one.
//
// Invariants
//   S1  A target does not exceed its list, unless the cgroup's protection raises it to 32 pages.
//   S2  The two shares of the Fract mode add up to at most the whole.
//
// Units    pages; targets in the order of the lists' counters (inactive anon, active anon, inactive file, active file).
// Models   Linux 6.12 prepare_scan_control, get_scan_count (facts: reclaim, 2).

namespace VboxMem.Kernel.Reclaim;

/// <summary>Which types a round of reclaim looks at.</summary>
public enum ScanMode
{
    /// <summary>Anonymous pages alone: hardly any file pages are left.</summary>
    AnonOnly,

    /// <summary>File pages alone: nothing can be swapped, or there is plenty of cache that is used once.</summary>
    FileOnly,

    /// <summary>Both by their size: the last attempt.</summary>
    Equal,

    /// <summary>Both, weighted by swappiness and cost.</summary>
    Fract,
}

/// <summary>Pages on the four lists that reclaim can take from; zones above the allowed one are left out.</summary>
public readonly record struct LruSizes(ulong InactiveAnonPages, ulong ActiveAnonPages, ulong InactiveFilePages, ulong ActiveFilePages);

/// <summary>What the targets of one LRU vector follow from.</summary>
public readonly record struct ScanRequest
{
    /// <summary>The lists of this vector.</summary>
    public required LruSizes Sizes { get; init; }

    /// <summary>12 (a light touch) down to 0 (everything).</summary>
    public required int Priority { get; init; }

    /// <summary>vm.swappiness, 0 to 200.</summary>
    public required int Swappiness { get; init; }

    /// <summary>Costs of the vector at which the reclaim is aimed (<see cref="ReclaimCost"/>).</summary>
    public ulong AnonCost { get; init; }

    /// <inheritdoc cref="AnonCost"/>
    public ulong FileCost { get; init; }

    /// <summary>Swapping is allowed and a slot is free, or pages can be demoted to slower memory.</summary>
    public required bool CanReclaimAnon { get; init; }

    /// <summary>A cgroup is over its limit; otherwise the machine is short.</summary>
    public bool IsCgroupReclaim { get; init; }

    /// <summary>See <see cref="ScanBalance.CacheTrimMode"/>.</summary>
    public bool IsCacheTrimMode { get; init; }

    /// <summary>See <see cref="ScanBalance.FileIsTiny"/>.</summary>
    public bool IsFileTiny { get; init; }

    /// <summary>Effective memory.low (first round) or memory.min of the vector's cgroup; 0 when it has none.</summary>
    public ulong ProtectedPages { get; init; }

    /// <summary>The cgroup's usage; read only under protection.</summary>
    public ulong UsedPages { get; init; }

    /// <summary>The cgroup has been removed and only its pages are left: none may be missed by rounding.</summary>
    public bool IsCgroupDying { get; init; }
}

public static class ScanBalance
{
    /// <summary>Index of a list in a span of targets.</summary>
    public const int InactiveAnon = 0;
    public const int ActiveAnon = 1;
    public const int InactiveFile = 2;
    public const int ActiveFile = 3;
    public const int ListCount = 4;

    private const ulong ClusterPages = 32;
    private const int LargestSwappiness = 200;

    /// <summary>May the active list of a type be shrunk? Yes when pages came back that should have stayed, or too few are inactive.</summary>
    /// <param name="activations">workingset_activate of the type, now.</param>
    /// <param name="activationsBefore">The same at the end of the previous run of reclaim.</param>
    /// <param name="inactivePages">Inactive list of the type in the vector aimed at.</param>
    /// <param name="activePages">Its active list.</param>
    public static bool MayDeactivate(ulong activations, ulong activationsBefore, ulong inactivePages, ulong activePages) =>
        activations != activationsBefore || InactiveTarget.IsLow(inactivePages, activePages);

    /// <summary>Enough inactive cache that nothing wants back: it goes first.</summary>
    /// <param name="inactiveFilePages">Inactive file pages of the vector aimed at.</param>
    /// <param name="priority">Priority of the round.</param>
    /// <param name="mayDeactivateFile">See <see cref="MayDeactivate"/>.</param>
    /// <param name="isDisabled">The mode has already led to a run without any success.</param>
    public static bool CacheTrimMode(ulong inactiveFilePages, int priority, bool mayDeactivateFile, bool isDisabled = false) =>
        inactiveFilePages >> priority != 0 && !mayDeactivateFile && !isDisabled;

    /// <summary>So few file pages are left on a node that taking them all would not lift it over its high marks.</summary>
    /// <param name="sizes">The node's lists.</param>
    /// <param name="freePages">The node's free pages.</param>
    /// <param name="highMarkPages">Sum of the high marks of the node's zones.</param>
    /// <param name="priority">Priority of the round.</param>
    /// <param name="mayDeactivateAnon">See <see cref="MayDeactivate"/>.</param>
    /// <remarks>Asked for the machine's reclaim only, not for a cgroup's.</remarks>
    public static bool FileIsTiny(in LruSizes sizes, ulong freePages, ulong highMarkPages, int priority, bool mayDeactivateAnon) =>
        sizes.ActiveFilePages + sizes.InactiveFilePages + freePages <= highMarkPages
        && !mayDeactivateAnon
        && sizes.InactiveAnonPages >> priority != 0;

    /// <summary>The mode of a round: the first reason that applies.</summary>
    public static ScanMode ModeOf(in ScanRequest request)
    {
        if (!request.CanReclaimAnon || (request.IsCgroupReclaim && request.Swappiness == 0))
        {
            return ScanMode.FileOnly;
        }

        if (request.Priority == 0 && request.Swappiness != 0)
        {
            return ScanMode.Equal;
        }

        if (request.IsFileTiny)
        {
            return ScanMode.AnonOnly;
        }

        return request.IsCacheTrimMode ? ScanMode.FileOnly : ScanMode.Fract;
    }

    /// <summary>Weights of the two types in the Fract mode; a type's share is its weight over the sum of both.</summary>
    public static (ulong Anon, ulong File) Weights(int swappiness, ulong anonCost, ulong fileCost)
    {
        var both = anonCost + fileCost;
        var anon = both + anonCost;
        var file = both + fileCost;
        var total = anon + file + 1;
        return ((ulong)swappiness * total / (anon + 1), (ulong)(LargestSwappiness - swappiness) * total / (file + 1));
    }

    /// <summary>Writes the targets of the four lists and says by which mode.</summary>
    /// <param name="request">The vector and the round.</param>
    /// <param name="targets">Receives <see cref="ListCount"/> targets.</param>
    public static ScanMode Targets(in ScanRequest request, Span<ulong> targets)
    {
        var mode = ModeOf(request);
        var weights = Weights(request.Swappiness, request.AnonCost, request.FileCost);
        var anonWeight = mode == ScanMode.Fract ? weights.Anon : 0;
        var fileWeight = mode == ScanMode.Fract ? weights.File : 0;
        targets[InactiveAnon] = Target(request, request.Sizes.InactiveAnonPages, mode, anonWeight, anonWeight + fileWeight, ScanMode.AnonOnly);
        targets[ActiveAnon] = Target(request, request.Sizes.ActiveAnonPages, mode, anonWeight, anonWeight + fileWeight, ScanMode.AnonOnly);
        targets[InactiveFile] = Target(request, request.Sizes.InactiveFilePages, mode, fileWeight, anonWeight + fileWeight, ScanMode.FileOnly);
        targets[ActiveFile] = Target(request, request.Sizes.ActiveFilePages, mode, fileWeight, anonWeight + fileWeight, ScanMode.FileOnly);
        return mode;
    }

    /// <param name="request">The vector and the round.</param>
    /// <param name="listPages">Size of the list.</param>
    /// <param name="mode">The mode chosen.</param>
    /// <param name="weight">Weight of the list's type in the Fract mode.</param>
    /// <param name="weights">Both weights.</param>
    /// <param name="alone">The mode that looks at this list's type alone.</param>
    private static ulong Target(in ScanRequest request, ulong listPages, ScanMode mode, ulong weight, ulong weights, ScanMode alone)
    {
        var scan = Unprotected(request, listPages) >> request.Priority;
        if (scan == 0 && request.IsCgroupDying)
        {
            scan = Math.Min(listPages, ClusterPages);
        }

        return mode switch
        {
            ScanMode.Equal => scan,
            ScanMode.Fract when request.IsCgroupDying => ((scan * weight) + weights - 1) / weights,
            ScanMode.Fract => scan * weight / weights,
            _ => mode == alone ? scan : 0,
        };
    }

    private static ulong Unprotected(in ScanRequest request, ulong listPages)
    {
        if (request.ProtectedPages == 0)
        {
            return listPages;
        }

        var used = Math.Max(request.UsedPages, request.ProtectedPages);
        return Math.Max(listPages - (listPages * request.ProtectedPages / (used + 1)), ClusterPages);
    }
}
