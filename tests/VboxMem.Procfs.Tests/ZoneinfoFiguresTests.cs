using VboxMem.Testing;

namespace VboxMem.Procfs.Tests;

// Goal: what decides how a zone behaves is, to the page, what the captured machines print.
public sealed class ZoneinfoFiguresTests
{
    /// <summary>The recipe of managed pages is known to within this (facts: physical memory, 1.3).</summary>
    private const long ManagedTolerance = 3;

    public static TheoryData<string> Shapes => [.. Capture.Shapes];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Extents_batches_and_thresholds_are_the_captured_ones(string shape)
    {
        foreach (var line in Pairs(shape))
        {
            if (line.Label is "spanned" or "present" or "start_pfn:" or "batch:" or "vm stats threshold:" or "boost" or "cma")
            {
                Assert.True(line.Our == line.Their, line.ToString());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Managed_pages_are_the_captured_ones_within_the_recipes_tolerance(string shape)
    {
        foreach (var line in Pairs(shape))
        {
            Assert.True(line.Label != "managed" || Math.Abs(line.Our - line.Their) <= ManagedTolerance, line.ToString());
        }
    }

    // A page more or less of managed memory moves a mark by less, but each of the three gaps is cut; protection moves by 1/32, with the ratio
    // set to 1 by as much.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Marks_and_protection_are_the_captured_ones_as_far_as_managed_pages_agree(string shape)
    {
        var marks = 0;
        foreach (var line in Pairs(shape))
        {
            if (line.Label is "min" or "low" or "high" or "promo")
            {
                Assert.True(Math.Abs(line.Our - line.Their) <= 3, line.ToString());
                marks++;
            }
            else if (line.Label.StartsWith("protection", StringComparison.Ordinal))
            {
                var worst = line.Ours.Zip(line.Theirs).Max(static pair => Math.Abs(pair.First - pair.Second));
                Assert.True(worst <= (shape.StartsWith("lowmem-1", StringComparison.Ordinal) ? ManagedTolerance : 1), line.ToString());
            }
        }

        Assert.Equal(4 * Capture.Load(shape).Zones.Count, marks);
    }

    private static List<PairedLine> Pairs(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);
        return PairedFigures.Of(box.Read("/proc/zoneinfo"), capture.Text("zoneinfo"));
    }
}
