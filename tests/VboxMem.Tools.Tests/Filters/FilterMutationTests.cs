// Goal: no text crashes or hangs the reader of filters; a text that is read can be matched.
// Method: known filters, with characters dropped, doubled, swapped or replaced; seeded.

using VboxMem.Testing;
using VboxMem.Tools.Filters;

namespace VboxMem.Tools.Tests.Filters;

public sealed class FilterMutationTests
{
    private const string Alphabet = "abcsz019.%/*+-<>=!~()[]{}\\|^$\"' \t_,;\u00e9\0\n\ud800";

    private static readonly string[] _seeds =
    [
        "rss > 50MiB and (user = www-data or name ~ leak)", "not cmd ~ \"^\\[kw(or|ork)er.{1,3}\" and state = D", "majfaults/s >= 1.5/s or pss != uss",
        "nice = -5 and elapsed > 1h30m and cpu < 5%", "nginx or '(sd-pam)' and oom_score_adj <= -900", "name !~ [a-z]{2,40}$ and wchan = folio_wait_bit",
    ];

    [Fact]
    public void Damaged_filters_are_read_or_refused_with_a_place()
    {
        var random = new Random(7);
        var process = AProcess.Leaky();
        var rounds = Mutator.IsLongMode ? 100_000 : 3_000;
        var (read, refused) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var seed = _seeds[round % _seeds.Length];
            var text = round % 4 == 0 ? Mutator.Mutate(random, seed) : DamagedText.Of(seed, Alphabet, mostChanges: 4, random);
            if (ProcessFilter.TryParse(text, out var problem) is { } filter)
            {
                read++;
                filter.Matches(process);
                continue;
            }

            refused++;
            Assert.Matches("^column [0-9]+: [^\\p{C}\u2028\u2029]+$", problem);
            Assert.InRange(problem.Length, 12, 400);
        }

        Assert.True(read > rounds / 20 && refused > rounds / 3, $"{read} read, {refused} refused");
    }
}
