using Bogus;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Scenarios;

/// <summary>
/// Where the made-up things come from: a generator of Bogus for each part of a scenario, seeded with the box's seed, so that one more
/// draw for one part moves nothing in another. Never its static randomness, and never its dates, which read the clock. Its data is
/// loaded with the first: about a tenth of a second.
/// </summary>
internal static class SeededFaker
{
    private const int SpareBits = 33;

    /// <param name="seed">The box's seed.</param>
    /// <param name="part">What it makes up.</param>
    public static Faker For(ulong seed, string part)
    {
        var random = new Prng(seed, $"scenario/{part}");
        return new Faker { Random = new Randomizer((int)(random.NextUInt64() >> SpareBits)) };
    }
}
