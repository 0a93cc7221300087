// Goal: the made-up people and things follow from the seed alone, keep to the rules of a Debian box, and are the same in every version
// of what makes them up.

using System.Text;
using System.Text.RegularExpressions;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests.Scenarios;

public sealed partial class ScenarioTests
{
    private static readonly Scenario _one = Scenario.Build(1);

    [Fact]
    public void The_first_of_each_is_what_it_always_was()
    {
        var text = new StringBuilder();
        text.AppendLine(_one.Accounts.People[0].ToString());
        text.AppendLine(_one.Network.Hosts[0]);
        text.AppendLine(_one.Network.Clients[0].ToString());
        text.AppendLine(_one.Site.Sections[0] + " " + _one.Site.SectionBytes);
        text.AppendLine(_one.Site.Files[0].ToString());
        text.AppendLine(_one.Site.Pages[0].ToString());
        text.AppendLine(_one.Documents.Files[0].ToString());
        text.Append(_one.LogLines[0]);

        Assert.Equal(
            """
            Account { Name = kathryne, Uid = 1000, Gid = 1000, FullName = Kathryne O'Conner,,,, Home = /home/kathryne, Shell = /bin/bash }
            repudiandae.jarrett.biz
            Client { Address = 219.77.153.161, UserAgent = Mozilla/5.0 (Windows; U; Windows NT 5.0) AppleWebKit/535.0.1 (KHTML, like Gecko) Chrome/24.0.842.0 Safari/535.0.1 }
            est 206498215
            MixedFile { Path = pages/quas-praesentium.html, Bytes = 11102, Weight = 42967838 }
            MadePage { Path = api/ut, Bytes = 4880, Nanoseconds = 5835472, Weight = 29158348 }
            MixedFile { Path = notes/eum-odit.csv, Bytes = 5489, Weight = 195308 }
            INFO [worker-15] user=Gerry2 peer=37.119.233.191 synthesize protocol in 2020 ms
            """, text.ToString());
    }

    [Fact]
    public void The_same_seed_gives_the_same_whatever_is_asked_for_first()
    {
        var again = Scenario.Build(1);
        Assert.Equal(_one.LogLines, again.LogLines);
        Assert.Equal(_one.Documents.Files, again.Documents.Files);
        Assert.Equal(_one.Site.Files, again.Site.Files);
        Assert.Equal(_one.Site.Pages, again.Site.Pages);
        Assert.Equal(_one.Network.Hosts, again.Network.Hosts);
        Assert.Equal(_one.Network.Clients, again.Network.Clients);
        Assert.Equal(_one.Accounts.All, again.Accounts.All);
    }

    [Fact]
    public void Another_seed_gives_others()
    {
        var other = Scenario.Build(2);
        Assert.NotEqual(_one.Accounts.People, other.Accounts.People);
        Assert.NotEqual(_one.Network.Hosts, other.Network.Hosts);
        Assert.NotEqual(_one.Network.Clients, other.Network.Clients);
        Assert.NotEqual(_one.Site.Files, other.Site.Files);
        Assert.NotEqual(_one.Documents.Files, other.Documents.Files);
        Assert.NotEqual(_one.LogLines, other.LogLines);
    }

    [Fact]
    public void People_are_three_to_five_with_a_login_a_group_and_a_home_each()
    {
        for (var seed = 0UL; seed < 50; seed++)
        {
            var accounts = Accounts.Build(seed);
            Assert.InRange(accounts.People.Count, 3, 5);
            Assert.Equal(accounts.All.Count, accounts.All.Select(static account => account.Name).Distinct().Count());
            Assert.Equal(accounts.All.Count, accounts.All.Select(static account => account.Uid).Distinct().Count());
            for (var i = 0; i < accounts.People.Count; i++)
            {
                var person = accounts.People[i];
                Assert.Matches(Login(), person.Name);
                Assert.Equal((1000u + (uint)i, 1000u + (uint)i, $"/home/{person.Name}"), (person.Uid, person.Gid, person.Home));
            }
        }
    }

    [Fact]
    public void Passwd_lists_the_system_and_then_the_people()
    {
        var lines = Encoding.UTF8.GetString(_one.Accounts.ToPasswd([])).TrimEnd('\n').Split('\n');
        Assert.Equal("root:x:0:0:root:/root:/bin/bash", lines[0]);
        Assert.Equal(_one.Accounts.All.Count, lines.Length);
        Assert.All(lines, static line => Assert.Equal(7, line.Split(':').Length));
        var first = _one.Accounts.People[0];
        Assert.Contains($"{first.Name}:x:1000:1000:{first.FullName}:{first.Home}:/bin/bash", lines);
    }

    [Fact]
    public void The_network_has_hosts_of_one_domain_and_clients_with_addresses_and_agents()
    {
        var domain = _one.Network.Hosts[0][_one.Network.Hosts[0].IndexOf('.', StringComparison.Ordinal)..];
        Assert.Equal(4, _one.Network.Hosts.Distinct().Count());
        Assert.All(_one.Network.Hosts, host => Assert.EndsWith(domain, host, StringComparison.Ordinal));
        Assert.Equal(256, _one.Network.Clients.Count);
        Assert.All(_one.Network.Clients, static client =>
        {
            Assert.True(System.Net.IPAddress.TryParse(client.Address, out _));
            Assert.InRange(client.UserAgent.Length, 20, 200);
        });
    }

    [Fact]
    public void Sizes_have_a_heavy_tail()
    {
        var sizes = _one.Site.Files.Select(static file => file.Bytes).Order().ToArray();
        var median = sizes[sizes.Length / 2];
        var largest = sizes[^(sizes.Length / 20)..].Aggregate(0UL, static (sum, size) => sum + size);

        Assert.True(largest > _one.Site.SectionBytes / 2, "a twentieth of the files has less than half of the bytes");
        Assert.True(sizes[^1] > 50 * median, $"the largest is {sizes[^1]}, the median {median}");
    }

    [Fact]
    public void No_name_is_given_twice()
    {
        foreach (var names in (IEnumerable<string>[])[_one.Site.Sections, _one.Site.Files.Select(static file => file.Path), _one.Documents.Files.Select(static file => file.Path)])
        {
            Assert.Equal(names.Count(), names.Distinct().Count());
        }
    }

    [GeneratedRegex("^[a-z]{2,32}$")]
    private static partial Regex Login();
}
