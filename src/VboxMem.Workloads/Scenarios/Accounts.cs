using System.Text;
using Bogus;

namespace VboxMem.Workloads.Scenarios;

/// <summary>A user, as a line of /etc/passwd has it.</summary>
public sealed record Account(string Name, uint Uid, uint Gid, string FullName, string Home, string Shell);

/// <summary>The users of a box: those that Debian 13 and its packages make, and people.</summary>
public sealed class Accounts
{
    private const string NoLogin = "/usr/sbin/nologin";
    private const uint FirstUid = 1000;
    private const int FewestPeople = 3;
    private const int MostPeople = 5;

    private static readonly Account[] _system =
    [
        new("root", 0, 0, "root", "/root", "/bin/bash"),
        new("daemon", 1, 1, "daemon", "/usr/sbin", NoLogin),
        new("bin", 2, 2, "bin", "/bin", NoLogin),
        new("sys", 3, 3, "sys", "/dev", NoLogin),
        new("sync", 4, 65534, "sync", "/bin", "/bin/sync"),
        new("games", 5, 60, "games", "/usr/games", NoLogin),
        new("man", 6, 12, "man", "/var/cache/man", NoLogin),
        new("lp", 7, 7, "lp", "/var/spool/lpd", NoLogin),
        new("mail", 8, 8, "mail", "/var/mail", NoLogin),
        new("news", 9, 9, "news", "/var/spool/news", NoLogin),
        new("uucp", 10, 10, "uucp", "/var/spool/uucp", NoLogin),
        new("proxy", 13, 13, "proxy", "/bin", NoLogin),
        new("www-data", 33, 33, "www-data", "/var/www", NoLogin),
        new("backup", 34, 34, "backup", "/var/backups", NoLogin),
        new("list", 38, 38, "Mailing List Manager", "/var/list", NoLogin),
        new("irc", 39, 39, "ircd", "/run/ircd", NoLogin),
        new("nobody", 65534, 65534, "nobody", "/nonexistent", NoLogin),
        new("systemd-network", 998, 998, "systemd Network Management", "/", NoLogin),
        new("messagebus", 100, 101, "", "/nonexistent", NoLogin),
        new("sshd", 101, 65534, "", "/run/sshd", NoLogin),
        new("postgres", 102, 104, "PostgreSQL administrator,,,", "/var/lib/postgresql", "/bin/bash"),
        new("redis", 103, 105, "", "/var/lib/redis", NoLogin),
    ];

    private Accounts(IReadOnlyList<Account> people)
    {
        People = people;
        All = [.. _system, .. people];
    }

    /// <summary>All of them, in the order of /etc/passwd.</summary>
    public IReadOnlyList<Account> All { get; }

    /// <summary>The people among them: uid 1000 and up, a group and a home each.</summary>
    public IReadOnlyList<Account> People { get; }

    /// <summary>Finds a user that every box has, by name.</summary>
    /// <returns>Null when there is none of that name.</returns>
    public static Account? FindSystem(string name) => Array.Find(_system, account => account.Name == name);

    /// <summary>Finds a user that every box has, by number.</summary>
    public static Account? FindSystem(uint uid) => Array.Find(_system, account => account.Uid == uid);

    /// <summary>Names that a profile may use.</summary>
    public static IEnumerable<string> SystemNames => _system.Select(static account => account.Name);

    /// <summary>All users of a box; its people follow from the seed.</summary>
    public static Accounts Build(ulong seed) => new(MakePeople(SeededFaker.For(seed, "people")));

    /// <summary>The file /etc/passwd.</summary>
    /// <param name="users">More users, who take the place of those with the same name or number.</param>
    public byte[] ToPasswd(IReadOnlyList<UserConfiguration> users)
    {
        var text = new StringBuilder();
        var kept = All.Where(account => !users.Any(user => user.Uid == account.Uid || user.Name == account.Name));
        foreach (var account in kept.Concat(users.Select(static user => new Account(user.Name, user.Uid, user.Gid, "", "/", NoLogin))))
        {
            text.Append(account.Name).Append(":x:").Append(account.Uid).Append(':').Append(account.Gid).Append(':')
                .Append(account.FullName).Append(':').Append(account.Home).Append(':').Append(account.Shell).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static List<Account> MakePeople(Faker faker)
    {
        var count = faker.Random.Int(FewestPeople, MostPeople);
        var people = new List<Account>();
        while (people.Count < count)
        {
            var (first, last) = (faker.Name.FirstName(), faker.Name.LastName());
            var name = LoginOf(first);
            if (IsTaken(name, people))
            {
                name = LoginOf(first[..1] + last);
            }

            if (!IsTaken(name, people))
            {
                var uid = FirstUid + (uint)people.Count;
                people.Add(new Account(name, uid, uid, $"{first} {last},,,", $"/home/{name}", "/bin/bash"));
            }
        }

        return people;
    }

    private static bool IsTaken(string name, List<Account> people) =>
        FindSystem(name) is not null || people.Exists(person => person.Name == name);

    /// <summary>What adduser accepts: small letters.</summary>
    private static string LoginOf(string name) => string.Concat(name.Where(char.IsAsciiLetter)).ToLowerInvariant();
}
