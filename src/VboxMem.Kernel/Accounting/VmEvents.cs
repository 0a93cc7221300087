using System.Runtime.CompilerServices;

namespace VboxMem.Kernel.Accounting;

/// <summary>Counts of <see cref="VmEvent"/> since boot. Exact: Linux too sums its per-CPU parts when they are read.</summary>
public sealed class VmEvents
{
    private readonly ulong[] _counts;

    public VmEvents() => _counts = new ulong[VmEventNames.Count];

    private VmEvents(VmEvents other) => _counts = (ulong[])other._counts.Clone();

    public ulong this[VmEvent kind] => _counts[(int)kind];

    public VmEvents Clone() => new(this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(VmEvent kind, ulong times = 1) => _counts[(int)kind] += times;

    /// <summary>Counts one of five neighbouring events, chosen by zone (pgalloc_*, allocstall_*, pgskip_*).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountByZone(VmEvent first, ZoneType zone, ulong times = 1) => _counts[(int)first + (int)zone] += times;

    public void HashInto(StateHash hash) => hash.Add<ulong>(_counts);
}
