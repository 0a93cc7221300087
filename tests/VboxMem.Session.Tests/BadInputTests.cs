// Goal: no record of a run crashes its reader, and nothing that a user writes (profile, script) makes a run write outside its folder.
// Method: a record with bytes, lines and words changed (seeded); boxes whose names, paths and commands lead out of the root; and a look
// at the sources for what else writes files of the host.

using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session.Journals;
using VboxMem.Testing;

namespace VboxMem.Session.Tests;

public sealed partial class BadInputTests : IDisposable
{
    private const string Record = """
        {
          "version": "0.5.0",
          "seed": 18446744073709551615,
          "simulated_nanoseconds": 12658260000,
          "state_hash": "00ff2f3da48eadaf",
          "left_out": [ "/proc/kpagecount", "/proc/PID/pagemap" ],
          "profile": { "machine": { "ram": "256MiB", "cpus": 2, "disks": [ { "size": "1GiB" } ] }, "groups": [ { "name": "web", "program": "sleep" } ] }
        }
        """;

    /// <summary>Paths that would leave the root of the box, or the folder of a dump, if anybody took them for the host's.</summary>
    private static readonly string[] _outside = ["../escaped", "/../escaped", "../../../../../../../../tmp/escaped", "a/../../escaped", "..", ".", "/", "//", "/..", "escaped/..", "~", "$HOME", "run.json", "proc"];

    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-bad-input-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Records_are_read_or_refused_in_one_line()
    {
        var random = new Random(14);
        var (read, refused) = (0, 0);
        for (var round = 0; round < (Mutator.IsLongMode ? 100_000 : 2_000); round++)
        {
            var text = Mutator.Mutate(random, Encoding.UTF8.GetBytes(random.Next(4) == 0 ? Record.Replace("0.5.0", "\\ud800", StringComparison.Ordinal) : Record));
            if (RunRecord.TryParse("run.json", text, out var problem) is not { } record)
            {
                refused++;
                Assert.Matches("^run.json: [^\\p{C}]+$", problem);
                continue;
            }

            read++;
            Assert.Equal(string.Empty, problem);
            Assert.DoesNotContain(record.Version, char.IsControl);
            var loaded = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(record.ProfileJson), "run.json", "run", [], new Dictionary<string, string>());
            Assert.Equal(loaded.Profile is null, loaded.Errors.Count > 0);
            if (loaded.Profile is not null)
            {
                Assert.NotNull(RunRecord.TryParse("run.json", record.ToJson(), out _));
            }
        }

        Assert.True(read > 90 && refused > 200, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Nothing_is_written_around_a_dump()
    {
        var random = new Random(15);
        var (good, place) = (0, Path.Combine(_folder, "dump"));
        for (var round = 0; round < (Mutator.IsLongMode ? 200 : 3); round++)
        {
            var json = $$"""
                { "machine": { "ram": "128MiB", "cpus": 1, "disks": [ { "size": "1GiB" } ], "mounts": [ { "path": {{Text(random, "/")}}, "disk": "vda" } ] }, "name": {{Text(random, "test")}},
                  "groups": [ { "name": {{Text(random, "web")}}, "program": "process", "path": {{Text(random, "/bin/web")}}, "arguments": [ {{Text(random, "web")}} ] },
                              { "name": "writer", "program": "write", "path": {{Text(random, "/log")}}, "size": "64KiB" } ] }
                """;
            if (ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>()).Profile is not { } profile)
            {
                continue;
            }

            good++;
            using var box = Box.Boot(profile);
            var journal = new Journal();
            var time = new BoxTime(box) { End = box.Machine.Now.Plus(SimTime.FromSeconds(5)) };
            var console = box.MakeConsole(time);
            for (var lines = random.Next(1, 5); lines > 0; lines--)
            {
                var line = LineOf(random);
                journal.Begin(box.Machine.Now, 0, line);
                Assert.InRange(console.Run(line, Stream.Null, Stream.Null), 0, 255);
            }

            Assert.All(NamesBelow(box.Tree, "/"), static name => Assert.True(name is not ("" or "." or "..") && !name.Contains('/', StringComparison.Ordinal) && !name.Contains('\0', StringComparison.Ordinal), name));
            using (var dump = RunDirectory.Begin(place, force: true))
            {
                dump.Finish(box, journal);
            }

            Assert.Equal([place], Directory.GetFileSystemEntries(_folder));
        }

        Assert.True(good > 0, $"{good} boxes");
    }

    [Fact]
    public void Files_of_the_host_are_written_in_few_places()
    {
        string[] places = ["VboxMem.Cli/Bench/HostFile.cs", "VboxMem.Cli/ImportCommand.cs", "VboxMem.Procfs/TreeExporter.cs", "VboxMem.Session/History/SavedSession.cs", "VboxMem.Session/RunDirectory.cs"];
        var root = Path.Combine(SourceTree.Root, "src");
        var found = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal) && HostWrite.IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal);
        Assert.Equal(places, found);
    }

    [GeneratedRegex(@"\bFile\.(Write|Append|Create|Move|Delete|Copy|Replace|Set|OpenWrite|OpenHandle|Open\()|\bDirectory\.(Create|Move|Delete|Set)|FileMode\.(Create|Append|OpenOrCreate|Truncate)|StreamWriter\(""|Process\.Start")]
    private static partial Regex HostWrite { get; }

    private static string Text(Random random, string usual) => JsonSerializer.Serialize(random.Next(3) > 0 ? usual : _outside[random.Next(_outside.Length)]);

    private static string LineOf(Random random)
    {
        var path = _outside[random.Next(_outside.Length)];
        return random.Next(6) switch
        {
            0 => $"dd if=/dev/zero of={path} bs=4k count=2",
            1 => $"echo x > {path}",
            2 => $"free >> /proc/sys/{path}",
            3 => $"sysctl -w {path}=1",
            4 => $"cat < {path} > /dev/../{path}",
            _ => $"swapon {path}",
        };
    }

    private static IEnumerable<string> NamesBelow(IFileTree tree, string directory)
    {
        Assert.Equal(Errno.None, tree.TryList(directory, out var names));
        foreach (var name in names)
        {
            yield return name;
            var path = directory.TrimEnd('/') + "/" + name;
            if (tree.TryStat(path, out var stat) != Errno.None || stat.Kind != NodeKind.Directory || stat.IsBulky)
            {
                continue;
            }

            foreach (var below in NamesBelow(tree, path))
            {
                yield return below;
            }
        }
    }
}
