using System.Globalization;

namespace VboxMem.Profiles.Import;

/// <summary>The swap areas of a box: each a disk as large as its area and the page of its head, in whole MiB.</summary>
internal static class SwapPlan
{
    private const int MostAreas = 7;   // of eight disks, the first has the root
    private const ulong HeadKilobytes = 4;
    private const ulong MostMebibytes = 64UL << 20;

    public static IReadOnlyList<PlannedSwap> Of(ImportSource source, ImportedMachine machine)
    {
        var areas = machine.Swaps.Where(static swap => swap.SizeKilobytes > 0).ToArray();
        if (areas.Length > MostAreas) source.Note($"not reproduced: swap areas beyond the first {MostAreas}");
        var plan = new List<PlannedSwap>();
        foreach (var area in areas.Take(MostAreas))
        {
            var size = Math.Min(area.SizeKilobytes, MostMebibytes << 10) + HeadKilobytes;
            var mebibytes = Math.Clamp((size + 1023) >> 10, 1, MostMebibytes);
            if (mebibytes << 10 != size)
                source.Note(string.Create(CultureInfo.InvariantCulture, $"approximated: swap area {area.File} of {area.SizeKilobytes} kB has {(mebibytes << 10) - HeadKilobytes} kB: disks are whole MiB"));
            plan.Add(new PlannedSwap(mebibytes, area.Priority is >= 0 and <= short.MaxValue ? (int)area.Priority : -1));
        }

        return plan;
    }
}
