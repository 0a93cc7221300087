// The people and things of a box, made up by Bogus when they are first asked for, and never changed afterwards: all that Bogus supplies.
// Chance while the box runs comes from VboxMem.Kernel.Time.Prng.

namespace VboxMem.Workloads.Scenarios;

/// <summary>
/// Who and what there is on a box. The same seed gives the same scenario. Immutable; each part is made when it is first asked for, so
/// that a box that needs none pays for none.
/// </summary>
public sealed class Scenario
{
    private readonly Lazy<Accounts> _accounts;
    private readonly Lazy<Network> _network;
    private readonly Lazy<FileMix> _site;
    private readonly Lazy<FileMix> _documents;
    private readonly Lazy<IReadOnlyList<string>> _logMessages;

    private Scenario(ulong seed)
    {
        Seed = seed;
        _accounts = new Lazy<Accounts>(() => Accounts.Build(seed));
        _network = new Lazy<Network>(() => Network.Build(seed));
        _site = new Lazy<FileMix>(() => FileMix.BuildSite(seed));
        _documents = new Lazy<FileMix>(() => FileMix.BuildDocuments(seed));
        _logMessages = new Lazy<IReadOnlyList<string>>(() => LogMessages.Build(seed));
    }

    /// <summary>The seed that all chance of the box derives from.</summary>
    public ulong Seed { get; }

    /// <summary>Users of the box.</summary>
    public Accounts Accounts => _accounts.Value;

    /// <summary>Hosts it knows, and the clients of its services.</summary>
    public Network Network => _network.Value;

    /// <summary>Files and pages of a web site, and how often they are asked for.</summary>
    public FileMix Site => _site.Value;

    /// <summary>Files of a kind that people keep.</summary>
    public FileMix Documents => _documents.Value;

    /// <summary>What applications write to their logs, without the time and the name in front.</summary>
    public IReadOnlyList<string> LogLines => _logMessages.Value;

    public static Scenario Build(ulong seed) => new(seed);
}
