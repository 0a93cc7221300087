// Once a round of reclaim has freed what it was asked for, it goes on only so far that both types are looked at in the proportion
// that the targets gave them: the type with fewer pages left is dropped, the other is cut to the same share of its target.
//
// Units    pages; targets in the order of ScanBalance.
// Models   Linux 6.12 shrink_lruvec, after the goal is met (facts: reclaim, 2). Direct reclaim of the machine at priority 12 never
//          gets here: it looks at everything it has set out to.

namespace VboxMem.Kernel.Reclaim;

public static class ProportionalCut
{
    /// <summary>Cuts what is left to scan.</summary>
    /// <param name="left">What is left of each target; changed.</param>
    /// <param name="targets">The targets at the start of the round.</param>
    /// <returns>False, with nothing changed, when one type has nothing left: the round is over.</returns>
    public static bool TryApply(Span<ulong> left, ReadOnlySpan<ulong> targets)
    {
        var anonLeft = left[ScanBalance.InactiveAnon] + left[ScanBalance.ActiveAnon];
        var fileLeft = left[ScanBalance.InactiveFile] + left[ScanBalance.ActiveFile];
        if (anonLeft == 0 || fileLeft == 0)
        {
            return false;
        }

        var anonIsSmaller = fileLeft > anonLeft;
        var smaller = anonIsSmaller ? ScanBalance.InactiveAnon : ScanBalance.InactiveFile;
        var larger = anonIsSmaller ? ScanBalance.InactiveFile : ScanBalance.InactiveAnon;
        var unscannedPercent = (anonIsSmaller ? anonLeft : fileLeft) * 100 / (targets[smaller] + targets[smaller + 1] + 1);

        left[smaller] = 0;
        left[smaller + 1] = 0;
        left[larger] = Cut(left[larger], targets[larger], unscannedPercent);
        left[larger + 1] = Cut(left[larger + 1], targets[larger + 1], unscannedPercent);
        return true;
    }

    private static ulong Cut(ulong left, ulong target, ulong unscannedPercent)
    {
        var scanned = target - left;
        var wanted = target * (100 - unscannedPercent) / 100;
        return wanted - Math.Min(wanted, scanned);
    }
}
