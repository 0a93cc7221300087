// Goal: the seed and the profile decide every byte, looking decides nothing, and one process does not disturb the chance of another.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Tests.Lives;

public sealed class SameSeedTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-lives-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Two_lives_with_one_seed_leave_the_same_bytes_in_every_file()
    {
        var first = Dump("first");
        var second = Dump("second");

        Assert.True(first.Count > 1000, $"{first.Count} files");
        Assert.Equal(first.Keys, second.Keys);
        Assert.All(first, file => Assert.True(file.Value.AsSpan().SequenceEqual(second[file.Key]), file.Key));
    }

    [Fact]
    public void Another_seed_is_another_life()
    {
        using var first = BuiltIn.Boot("default", "seed=1");
        using var other = BuiltIn.Boot("default", "seed=2");
        foreach (var box in (Box[])[first, other])
        {
            box.RunFor(SimTime.FromSeconds(5));
        }

        Assert.NotEqual(first.ComputeStateHash(), other.ComputeStateHash());
        Assert.All(
            ["/proc/meminfo", "/proc/vmstat", "/proc/buddyinfo", "/proc/1/maps", "/etc/passwd"],
            path => Assert.NotEqual(TextOf(first, path), TextOf(other, path)));
    }

    [Fact]
    public void A_life_that_is_looked_at_every_second_ends_as_one_that_is_not()
    {
        using var seen = BuiltIn.Boot("default");
        var bytes = 0L;
        for (var second = 0; second < 60; second++)
        {
            seen.RunFor(SimTime.FromSeconds(1));
            bytes += ReadAll(seen.Tree, "/");
        }

        using var unseen = BuiltIn.Boot("default");
        unseen.RunFor(SimTime.FromSeconds(60));
        Assert.Equal(unseen.ComputeStateHash(), seen.ComputeStateHash());
        Assert.True(bytes > 60 * 500_000, $"{bytes} bytes read");
    }

    [Fact]
    public void One_group_more_leaves_the_chance_of_the_others_alone()
    {
        using var alone = BuiltIn.Boot("default");
        using var joined = BuiltIn.BootChanged("default", "{ \"name\": \"leaky\"", "{ \"name\": \"guest\", \"program\": \"touch\", \"size\": \"30MiB\", \"passes\": 0, \"per_second\": \"10MiB\" },\n{ \"name\": \"leaky\"");
        foreach (var box in (Box[])[alone, joined])
        {
            box.RunFor(SimTime.FromSeconds(40));
        }

        Assert.Single(joined.Workload.Groups.MembersOf("guest"));
        string[] groups = ["systemd-journald", "sshd", "cron", "nginx", "postgres", "redis-server", "applog", "leaky"];
        Assert.All(groups, group => Assert.Equal(Layouts(alone, group), Layouts(joined, group)));
        Assert.All(["nginx", "postgres", "redis-server", "leaky"], service => Assert.InRange(Answers(joined, service) - Answers(alone, service), -3, 3));
        Assert.InRange(Answers(alone, "nginx"), 10_000, 16_000);
    }

    private static string TextOf(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryRead(path, out var text));
        return Encoding.UTF8.GetString(text.Span);
    }

    private static long Answers(Box box, string service)
    {
        Assert.True(box.Machine.ServiceTimes.TryGet(service, out var times), service);
        return (long)times.Count;
    }

    /// <summary>Where chance has put the programs of a group: their first areas and their stacks. Sessions of users come and go.</summary>
    private static string[] Layouts(Box box, string group) =>
    [
        .. box.Workload.Groups.MembersOf(group).Where(pid => box.Machine.Processes[pid].Name != "sshd-session").Take(12).Select(pid =>
        {
            var lines = TextOf(box, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/maps")).Split('\n');
            var stack = lines.Single(static line => line.EndsWith("[stack]", StringComparison.Ordinal));
            return $"{box.Machine.Processes[pid].Name} {lines[0].Split('-')[0]} {stack.Split(' ')[0].Split('-')[1]}";
        }),
    ];

    private static long ReadAll(IFileTree tree, string directory)
    {
        var bytes = 0L;
        Assert.Equal(Errno.None, tree.TryList(directory, out var names));
        foreach (var name in names)
        {
            var path = directory == "/" ? "/" + name : $"{directory}/{name}";
            if (tree.TryStat(path, out var stat) != Errno.None || stat.Kind == NodeKind.SymbolicLink)
            {
                continue;
            }

            bytes += stat.Kind == NodeKind.Directory ? ReadAll(tree, path) : tree.TryRead(path, out var content) == Errno.None ? content.Length : 0;
        }

        return bytes;
    }

    private SortedDictionary<string, byte[]> Dump(string name)
    {
        using var box = BuiltIn.Boot("default");
        box.RunFor(SimTime.FromSeconds(120));
        var place = Path.Combine(_folder, name);
        RunDirectory.Write(box, place, force: false);
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(place, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            files.Add(Path.GetRelativePath(place, file), File.ReadAllBytes(file));
        }

        return files;
    }
}
