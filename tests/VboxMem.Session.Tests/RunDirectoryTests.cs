using System.Text.Json;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Testing;

namespace VboxMem.Session.Tests;

public sealed class RunDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-run-").FullName;

    private string Place => Path.Combine(_folder, "box");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Two_runs_of_one_profile_are_equal_in_every_byte_and_another_seed_differs()
    {
        var first = Dump("first", "1");
        var second = Dump("second", "1");
        var other = Dump("other", "2");
        Assert.Equal(first.Keys, second.Keys);
        Assert.All(first, file => Assert.Equal(file.Value, second[file.Key]));
        Assert.Equal(first.Keys, other.Keys);
        Assert.Contains(first, file => !file.Value.SequenceEqual(other[file.Key]));
        Assert.True(first.Count > 90, $"only {first.Count} files");
    }

    [Fact]
    public void The_dump_tells_how_to_get_there_again()
    {
        using var box = BoxOf("default", "7");
        box.RunFor(SimTime.FromSeconds(3));
        RunDirectory.Write(box, Place, force: false);
        var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Place, "run.json"))).RootElement;
        Assert.Equal(7UL, json.GetProperty("seed").GetUInt64());
        Assert.Equal(box.Machine.Now.Nanoseconds, json.GetProperty("simulated_nanoseconds").GetUInt64());

        var again = ProfileLoader.LoadJson(
            System.Text.Encoding.UTF8.GetBytes(json.GetProperty("profile").GetRawText()), "run.json", "box", [], new Dictionary<string, string>());
        using var replayed = Box.Boot(again.Profile!);
        replayed.RunFor(SimTime.FromSeconds(3));
        Assert.Equal(json.GetProperty("state_hash").GetString(), $"{replayed.ComputeStateHash():x16}");
    }

    [Fact]
    public void An_existing_directory_is_left_alone_unless_forced()
    {
        Directory.CreateDirectory(Place);
        File.WriteAllText(Path.Combine(Place, "precious"), "data");
        Assert.Contains("exists already", RunDirectory.Check(Place, force: false)!, StringComparison.Ordinal);
        using var box = BoxOf("tiny", "1");
        Assert.Throws<OutputException>(() => RunDirectory.Write(box, Place, force: false));
        Assert.True(File.Exists(Path.Combine(Place, "precious")));
        Assert.Equal([Place], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Force_replaces_a_dump_or_an_empty_directory()
    {
        Directory.CreateDirectory(Place);
        using var box = BoxOf("tiny", "1");
        Assert.Null(RunDirectory.Check(Place, force: true));
        RunDirectory.Write(box, Place, force: true);
        File.WriteAllText(Path.Combine(Place, "proc/left-over"), "data");
        Assert.Null(RunDirectory.Check(Place, force: true));
        RunDirectory.Write(box, Place, force: true);
        Assert.False(File.Exists(Path.Combine(Place, "proc/left-over")));
        Assert.True(File.Exists(Path.Combine(Place, "proc/meminfo")));
        Assert.Equal([Place], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Force_does_not_replace_what_is_no_dump()
    {
        Directory.CreateDirectory(Path.Combine(Place, "proc"));
        File.WriteAllText(Path.Combine(Place, "precious"), "data");
        Assert.Contains("holds something else than a dump", RunDirectory.Check(Place, force: true)!, StringComparison.Ordinal);
        using var box = BoxOf("tiny", "1");
        Assert.Throws<OutputException>(() => RunDirectory.Write(box, Place, force: true));
        Assert.Equal("data", File.ReadAllText(Path.Combine(Place, "precious")));
        Assert.Equal([Place], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Places_where_nothing_can_be_written_are_named_before_the_run()
    {
        File.WriteAllText(Place, "a file");
        Assert.Contains("is a file", RunDirectory.Check(Place, force: true)!, StringComparison.Ordinal);
        Assert.Contains("does not exist", RunDirectory.Check(Path.Combine(_folder, "no", "where"), force: false)!, StringComparison.Ordinal);
        Assert.Null(RunDirectory.Check(Path.Combine(_folder, "new"), force: false));
    }

    [Fact]
    public void A_dump_that_fails_half_way_leaves_nothing_behind()
    {
        // A directory stands where run.json, the last file, is to be written.
        Directory.CreateDirectory(Path.Combine(_folder, $".box.partial-{Environment.ProcessId}", "run.json"));
        using var box = BoxOf("tiny", "1");
        var failure = Assert.Throws<OutputException>(() => RunDirectory.Write(box, Place, force: false));
        Assert.StartsWith(Place + ": ", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Interrupted_runs_stop_between_steps()
    {
        using var box = BoxOf("tiny", "1");
        var start = box.Machine.Now;
        var asked = 0;
        Assert.False(box.RunFor(SimTime.FromSeconds(100), () => ++asked > 5));
        Assert.Equal(start.Plus(SimTime.FromSeconds(5)), box.Machine.Now);
        Assert.True(box.RunFor(SimTime.FromMilliseconds(1500)));
        Assert.Equal(start.Plus(SimTime.FromMilliseconds(6500)), box.Machine.Now);
    }

    private static Box BoxOf(string profile, string seed)
    {
        var file = Path.Combine(SourceTree.Root, "profiles", profile + ".json");
        var result = ProfileLoader.Load(file, [$"seed={seed}"], new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return Box.Boot(result.Profile!);
    }

    private SortedDictionary<string, byte[]> Dump(string name, string seed)
    {
        using var box = BoxOf("default", seed);
        var place = Path.Combine(_folder, name);
        RunDirectory.Write(box, place, force: false);
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        // Links stay links: that of a process's root leads to the host's.
        foreach (var file in Directory.EnumerateFiles(place, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            files.Add(Path.GetRelativePath(place, file), File.ReadAllBytes(file));
        }

        return files;
    }
}
