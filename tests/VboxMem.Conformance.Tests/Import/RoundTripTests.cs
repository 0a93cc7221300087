// Goal: a box made by an import shows what its model showed, and importing that box gives the same profile, byte for byte.
// Method: import captures and running boxes, run the box made from that for a simulated minute, compare its files with the model's, import
// again.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Profiles.Import;
using VboxMem.Session;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Import;

public sealed partial class RoundTripTests
{
    /// <summary>What a total may differ by: the larger of one percent and 2 MiB.</summary>
    private const double AllowedPart = 0.01;
    private const long AllowedKilobytes = 2048;

    private static readonly string[] _totals =
        ["MemTotal", "Buffers", "Cached", "Shmem", "AnonPages", "SReclaimable", "SUnreclaim", "Slab", "SwapTotal", "SwapFree", "Dirty"];

    [Theory]
    [InlineData("ram-128m", true)]
    [InlineData("ram-1g", false)]
    [InlineData("ram-8g", true)]
    [InlineData("numa-1g-1g", false)]
    [InlineData("numa-4g-4g", true)]
    [InlineData("cpus-8-1g", true)]
    [InlineData("classic-lru-1g", true)]
    [InlineData("minfree-2048-1g/after", true)]
    [InlineData("lowmem-64-64-16-0-0-4g/after", true)]
    [InlineData("wmscale-1000-1g/after", false)]
    public void A_captured_machine_comes_back_as_it_was_imported(string shape, bool hasLog)
    {
        var first = JsonOf(TextTree.OfCapture(Capture.Load(shape), hasLog, hasShell: true));
        using var box = Run(first, 60);
        Assert.Equal(first, JsonOf(box.Tree));
    }

    [Theory]
    [InlineData("default", 40)]
    [InlineData("tiny", 30)]
    [InlineData("bigbox", 20)]
    [InlineData("swap-storm", 20)]
    public void A_box_comes_back_as_it_was_imported(string name, int seconds)
    {
        using var model = Run(File.ReadAllText(Path.Combine(SourceTree.Root, "profiles", name + ".json")), seconds);
        var first = JsonOf(model.Tree);
        using var box = Run(first, 60);
        AssertSameProcesses(model.Tree, box.Tree);
        AssertSameTotals(model.Tree, box.Tree);
        Assert.Equal(first, JsonOf(box.Tree));
    }

    /// <summary>Resident memory by kind and swap to the page, and all that tells a process from another but its number.</summary>
    private static void AssertSameProcesses(IFileTree model, IFileTree box)
    {
        var (wanted, found) = (Processes(model), Processes(box));
        Assert.True(wanted.Length > 5, "the model has hardly a process");
        Assert.Equal(wanted, found);
    }

    private static string[] Processes(IFileTree tree)
    {
        var statuses = Pids(tree).ToDictionary(static pid => pid, pid => Text(tree, $"/proc/{pid}/status"));
        return
        [
            .. statuses.Where(static entry => entry.Value.Contains("VmRSS", StringComparison.Ordinal) && !entry.Value.StartsWith("Name:\ttotals\n", StringComparison.Ordinal))
                .Select(entry => string.Join(' ', (string[])
                [
                    Text(tree, $"/proc/{entry.Key}/comm").Trim(),
                    Text(tree, $"/proc/{entry.Key}/cmdline").Replace('\0', ' ').Trim(),
                    .. ((string[])["Uid", "Gid", "RssAnon", "RssFile", "RssShmem", "VmSwap", "Threads"]).Select(field => Field(entry.Value, field)),
                    "nice " + Text(tree, $"/proc/{entry.Key}/stat").Split(") ")[^1].Split(' ')[16],
                    "adj " + Text(tree, $"/proc/{entry.Key}/oom_score_adj").Trim(),
                    "below " + (statuses.TryGetValue(int.Parse(Field(entry.Value, "PPid"), CultureInfo.InvariantCulture), out var parent) ? Field(parent, "Name") : "-"),
                ]))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static void AssertSameTotals(IFileTree model, IFileTree box)
    {
        var (wanted, found) = (Text(model, "/proc/meminfo"), Text(box, "/proc/meminfo"));
        foreach (var total in _totals)
        {
            var (before, after) = (Kilobytes(wanted, total), Kilobytes(found, total));
            var allowed = Math.Max(AllowedKilobytes, (long)(before * AllowedPart));
            Assert.True(Math.Abs(before - after) <= allowed, $"{total}: {before} kB in the model, {after} kB in the box");
        }
    }

    private static IEnumerable<int> Pids(IFileTree tree)
    {
        tree.TryList("/proc", out var names);
        return names.Where(static name => name.All(char.IsAsciiDigit)).Select(static name => int.Parse(name, CultureInfo.InvariantCulture));
    }

    private static long Kilobytes(string meminfo, string name) => long.Parse(Field(meminfo, name).Split(' ')[0], CultureInfo.InvariantCulture);

    private static string Field(string text, string name) =>
        Blanks().Replace(text.Split('\n').First(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim(), " ");

    private static string Text(IFileTree tree, string path) =>
        tree.TryRead(path, out var content) == Errno.None ? Encoding.UTF8.GetString(content.Span) : "";

    private static string JsonOf(IFileTree tree)
    {
        var result = Importer.Import(tree, "box");
        Assert.Equal([], result.Errors);
        return result.Json!;
    }

    private static Box Run(string json, int seconds)
    {
        var loaded = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "imported", "imported", [], new Dictionary<string, string>());
        Assert.Equal([], loaded.Errors);
        var box = Box.Boot(loaded.Profile!);
        box.RunFor(SimTime.FromSeconds((ulong)seconds));
        Audit.Check(box.Machine);
        return box;
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"\s+")]
    private static partial System.Text.RegularExpressions.Regex Blanks();
}
