// Goal: no text crashes or hangs the reader; a text that is read can be looked at.
// Method: known predicates, with characters dropped, doubled, swapped or replaced; seeded.

using VboxMem.Testing;
using VboxMem.Tools.Predicates;

namespace VboxMem.Tools.Tests.Predicates;

public sealed class PredicateMutationTests
{
    private const string Alphabet = "abcsz019.%/*+-<>=!()\"\t _,;{\u00e9\0";

    private static readonly string[] _seeds =
    [
        "meminfo.MemAvailable > 200MiB and not killed(leaky)", "vmstat.pgscan_direct/s == 0 or pressure.memory.some.avg10 < 5",
        "zone.1.DMA32.free >= zone.DMA32.low * 120%", "alive(sshd) and rss(\"(sd-pam)\")/s < 1.5MiB/s", "(nginx.p99 - 1h30m)/2 < -50ms",
    ];

    [Fact]
    public void Damaged_predicates_are_read_or_refused_with_a_place()
    {
        var random = new Random(5);
        var tree = APredicateTree.Make();
        var (read, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var text = DamagedText.Of(_seeds[round % _seeds.Length], Alphabet, mostChanges: 4, random);
            if (Predicate.TryParse(text, out var problem) is { } predicate)
            {
                read++;
                new PredicateEvaluator(predicate).Evaluate(tree);
                continue;
            }

            refused++;
            Assert.Matches("^column [0-9]+: [^\n\r]+$", problem);
        }

        Assert.True(read > Rounds / 50 && refused > Rounds / 2, $"{read} read, {refused} refused");
    }

    private static int Rounds => Environment.GetEnvironmentVariable("VBOXMEM_TESTS_LONG") is "1" ? 100_000 : 3_000;
}
