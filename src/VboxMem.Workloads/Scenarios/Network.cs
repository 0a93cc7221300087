using Bogus;

namespace VboxMem.Workloads.Scenarios;

/// <summary>A client outside the box, as a log shows it.</summary>
/// <param name="Address">Its IPv4 address.</param>
/// <param name="UserAgent">What it says of itself.</param>
public sealed record Client(string Address, string UserAgent);

/// <summary>The world outside the box: hosts by name, clients by address.</summary>
public sealed class Network
{
    private const int HostCount = 4;
    private const int ClientCount = 256;

    private Network(IReadOnlyList<string> hosts, IReadOnlyList<Client> clients)
    {
        Hosts = hosts;
        Clients = clients;
    }

    /// <summary>Full names of hosts of one domain; the first is the box itself.</summary>
    public IReadOnlyList<string> Hosts { get; }

    public IReadOnlyList<Client> Clients { get; }

    internal static Network Build(ulong seed)
    {
        var names = SeededFaker.For(seed, "hosts");
        var domain = names.Internet.DomainName();
        var hosts = new List<string>();
        while (hosts.Count < HostCount)
        {
            var host = $"{names.Lorem.Word()}.{domain}";
            if (!hosts.Contains(host))
            {
                hosts.Add(host);
            }
        }

        var faker = SeededFaker.For(seed, "clients");
        var clients = new Client[ClientCount];
        for (var i = 0; i < ClientCount; i++)
        {
            clients[i] = new Client(faker.Internet.Ip(), faker.Internet.UserAgent());
        }

        return new Network(hosts, clients);
    }
}
