// The people and things of a box, made up by Bogus when the scenario is built, and never changed afterwards: all that Bogus supplies.
// Chance while the box runs comes from VboxMem.Kernel.Time.Prng.

namespace VboxMem.Workloads.Scenarios;

/// <summary>Who and what there is on a box. The same seed gives the same scenario. Immutable.</summary>
public sealed class Scenario
{
    private Scenario(ulong seed, Accounts accounts)
    {
        Seed = seed;
        Accounts = accounts;
    }

    /// <summary>The seed that all chance of the box derives from.</summary>
    public ulong Seed { get; }

    /// <summary>Users of the box.</summary>
    public Accounts Accounts { get; }

    public static Scenario Build(ulong seed) => new(seed, Accounts.Build(seed));
}
