// One line of a captured /proc/slabinfo.

using System.Globalization;

namespace VboxMem.Testing;

/// <summary>One cache of <c>/proc/slabinfo</c>. Sizes in bytes; active objects include those free in per-CPU slabs.</summary>
public sealed record CapturedSlab(
    string Name, int ActiveObjects, int TotalObjects, int ObjectSize, int ObjectsPerSlab, int PagesPerSlab, int ActiveSlabs, int TotalSlabs)
{
    internal static IReadOnlyList<CapturedSlab> FromSlabinfo(string text)
    {
        var slabs = new List<CapturedSlab>();
        foreach (var line in text.Split('\n').Skip(2))   // version and heading
        {
            var fields = Fields.Of(line);
            if (fields.Length == 0) continue;

            int Number(int column) => int.Parse(fields[column], CultureInfo.InvariantCulture);
            slabs.Add(new CapturedSlab(fields[0], Number(1), Number(2), Number(3), Number(4), Number(5), Number(13), Number(14)));
        }

        return slabs;
    }
}
