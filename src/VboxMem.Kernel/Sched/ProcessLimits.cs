// The limits of a process that can be changed (prlimit): those that the machine enforces.
//
// Invariants
//   L1  A soft limit is not above its hard one.
//
// Units    bytes; Unlimited: none.
// Models   Linux 6.12 include/linux/resource.h, kernel/sys.c: do_prlimit, as root. A fork hands them on; exec leaves them alone.
// Departs  exec maps its images whatever the limit of the address space is, and lays out memory as for a stack of 8 MiB.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Sched;

/// <summary>Which limit.</summary>
public enum LimitKind
{
    /// <summary>RLIMIT_STACK.</summary>
    Stack,

    /// <summary>RLIMIT_MEMLOCK.</summary>
    LockedMemory,

    /// <summary>RLIMIT_AS.</summary>
    AddressSpace,
}

/// <summary>The changeable limits of one process.</summary>
public struct ProcessLimits
{
    public const ulong Unlimited = ulong.MaxValue;

    private const ulong UsualLockedBytes = UserSpace.MemoryLockLimitPages * PageGeometry.PageBytes;
    private const ulong UsualStackBytes = StackGrowth.StackLimitPages * PageGeometry.PageBytes;

    private (ulong Soft, ulong Hard) _stack;
    private (ulong Soft, ulong Hard) _locked;
    private (ulong Soft, ulong Hard) _addressSpace;

    /// <summary>What init starts with: 8 MiB of stack, 8 MiB locked, an address space of any size.</summary>
    public static ProcessLimits Usual { get; } = new()
    {
        _stack = (UsualStackBytes, Unlimited), _locked = (UsualLockedBytes, UsualLockedBytes), _addressSpace = (Unlimited, Unlimited),
    };

    /// <summary>A limit: what is enforced, and what that may be raised to.</summary>
    public readonly (ulong Soft, ulong Hard) this[LimitKind kind] => kind switch
    {
        LimitKind.Stack => _stack,
        LimitKind.LockedMemory => _locked,
        _ => _addressSpace,
    };

    internal readonly ulong StackPages => _stack.Soft / PageGeometry.PageBytes;

    internal readonly ulong LockedPages => _locked.Soft / PageGeometry.PageBytes;

    internal readonly ulong AddressSpacePages => _addressSpace.Soft / PageGeometry.PageBytes;

    /// <summary>Changes a limit.</summary>
    /// <returns>False: the soft limit is above the hard one (EINVAL).</returns>
    public bool TrySet(LimitKind kind, ulong soft, ulong hard)
    {
        if (soft > hard)
        {
            return false;
        }

        switch (kind)
        {
            case LimitKind.Stack:
                _stack = (soft, hard);
                break;
            case LimitKind.LockedMemory:
                _locked = (soft, hard);
                break;
            default:
                _addressSpace = (soft, hard);
                break;
        }

        return true;
    }

    /// <summary>Whether so many more pages may be mapped (may_expand_vm).</summary>
    internal readonly bool AllowsMapping(MemoryDescriptor mm, ulong morePages) => mm.TotalPages + morePages <= AddressSpacePages;

    /// <summary>Whether a user may lock memory at all (can_do_mlock).</summary>
    internal readonly bool AllowsLocking(uint uid) => uid == 0 || _locked.Soft != 0;

    /// <summary>Whether so many more pages may be mapped with these flags, as far as locking goes (mlock_future_ok).</summary>
    internal readonly bool AllowsLocking(uint uid, MemoryDescriptor mm, VmaFlags flags, ulong morePages) =>
        (flags & VmaFlags.Locked) == 0 || uid == 0 || mm.LockedPages + morePages <= LockedPages;

    internal readonly void HashInto(StateHash hash) =>
        hash.Add<ulong>([_stack.Soft, _stack.Hard, _locked.Soft, _locked.Hard, _addressSpace.Soft, _addressSpace.Hard]);
}
