// The users that processes run as, by the names that /etc/passwd gives them.

using System.Globalization;
using System.Text;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Profiles.Import;

internal static class UserNames
{
    private const int LongestName = 32;

    /// <summary>The users of these processes that a box would not have by itself.</summary>
    public static IReadOnlyList<PlannedUser> Of(ImportSource source, IEnumerable<ImportedProcess> processes)
    {
        var wanted = new SortedSet<uint>(processes.Select(static process => process.Uid));
        var known = Read(source, wanted);
        var users = new List<PlannedUser>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var uid in wanted)
        {
            var system = Accounts.FindSystem(uid);
            var user = known.TryGetValue(uid, out var found) ? found
                : system is not null ? new PlannedUser(system.Name, uid, system.Gid)
                : new PlannedUser(string.Create(CultureInfo.InvariantCulture, $"uid{uid}"), uid, uid);
            if (!names.Add(user.Name)) user = user with { Name = string.Create(CultureInfo.InvariantCulture, $"uid{uid}") };
            names.Add(user.Name);
            if (system is null || system.Name != user.Name || system.Gid != user.Gid) users.Add(user);
        }

        return users;
    }

    private static SortedDictionary<uint, PlannedUser> Read(ImportSource source, SortedSet<uint> wanted)
    {
        var users = new SortedDictionary<uint, PlannedUser>();
        var text = source.Read("/etc/passwd", "/passwd");
        if (text is null && wanted.Any(static uid => Accounts.FindSystem(uid) is null))
            source.Note($"missing: {source.NameOf("/etc/passwd")}: users are called after their numbers");
        foreach (var line in text is null ? [] : Encoding.UTF8.GetString(text).Split('\n'))
        {
            var fields = line.Split(':');
            if (fields.Length < 4 || !Number(fields[2], out var uid) || !Number(fields[3], out var gid)) continue;   // NIS, a comment
            var fits = fields[0].Length is > 0 and <= LongestName && !fields[0].AsSpan().ContainsAnyExceptInRange(' ', '~');
            if (fits && wanted.Contains(uid)) users.TryAdd(uid, new PlannedUser(fields[0], uid, gid));
        }

        return users;
    }

    private static bool Number(string text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value < uint.MaxValue;
}
