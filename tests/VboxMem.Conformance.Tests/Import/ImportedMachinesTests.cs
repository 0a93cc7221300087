// Goal: an import of a captured machine boots into that machine: zones, marks, reserves and tunables, to the page.
// Method: import each capture, with its kernel log and without, load and boot the profile, compare with the capture.

using System.Text;
using VboxMem.Kernel;
using VboxMem.Profiles;
using VboxMem.Profiles.Import;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Import;

public sealed class ImportedMachinesTests
{
    public static TheoryData<string, bool> Shapes
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var shape in Capture.Shapes)
            {
                data.Add(shape, true);
                data.Add(shape, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Zones_and_their_limits_are_those_of_the_captured_machine(string shape, bool hasLog)
    {
        var capture = Capture.Load(shape);
        var (machine, notes) = Boot(TextTree.OfCapture(capture, hasLog));
        using (machine)
        {
            Assert.DoesNotContain(notes, static line => line.StartsWith("approximated", StringComparison.Ordinal));
            foreach (var captured in capture.Zones)
            {
                var zone = machine.Nodes[captured.Node][Enum.Parse<ZoneType>(captured.Name, ignoreCase: true)];
                Assert.Equal(
                    (captured.SpannedPages, captured.PresentPages, captured.ManagedPages),
                    ((long)zone.Extent.SpannedPages, (long)zone.Extent.PresentPages, (long)zone.ManagedPages));
                if (!captured.IsPopulated) continue;
                Assert.Equal(captured.StartPfn, (long)zone.Extent.Start.Index);
                Assert.Equal(
                    (captured.MinPages, captured.LowPages, captured.HighPages, captured.PromoPages),
                    ((long)zone.Marks.MinPages, (long)zone.Marks.LowPages, (long)zone.Marks.HighPages, (long)zone.Marks.PromoPages));
                Assert.Equal(captured.Protection, zone.LowmemReservePages.Select(static pages => (long)pages));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_tunable_reads_as_it_did(string shape, bool hasLog)
    {
        var capture = Capture.Load(shape);
        var (machine, _) = Boot(TextTree.OfCapture(capture, hasLog));
        using (machine)
        {
            var seen = 0;
            foreach (var (name, value) in capture.Sysctls)
            {
                if (machine.Sysctls.Read(name) is not { } read) continue;
                Assert.Equal((name, value), (name, Encoding.ASCII.GetString(read).TrimEnd('\n')));
                seen++;
            }

            Assert.True(seen > 40, $"only {seen} tunables were compared");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Late_freed_pages_are_as_many_as_the_log_says_or_fewer(string shape, bool hasLog)
    {
        var capture = Capture.Load(shape);
        var log = capture.Log.LateFreed;
        var logged = (log.InitrdKilobytes + log.InitmemKilobytes + log.DecryptedKilobytes + log.RodataGapKilobytes) / 4;
        var profile = Load(Json(TextTree.OfCapture(capture, hasLog)).Json);
        var found = profile.Machine.Zones.Sum(static zone => (long)zone.LateFreedPages);
        Assert.True(hasLog ? found == logged : found <= logged, $"{found} of {logged}");
    }

    [Fact]
    public void Cpus_nodes_and_command_line_are_those_of_the_captured_machine()
    {
        foreach (var shape in Capture.Shapes)
        {
            var capture = Capture.Load(shape);
            var machine = Load(Json(TextTree.OfCapture(capture)).Json).Machine;
            Assert.Equal(capture.Machine.Cpus, machine.Cpus);
            Assert.Equal(capture.Nodes.Count, Math.Max(1, machine.Nodes.Count));
            Assert.Equal(capture.Machine.CommandLine, machine.CommandLine);
        }
    }

    [Fact]
    public void Without_zones_the_box_has_as_much_memory_to_within_a_step_of_ram()
    {
        foreach (var shape in (string[])["ram-128m", "ram-1g", "ram-8g"])
        {
            var capture = Capture.Load(shape);
            var tree = TextTree.OfCapture(capture);
            tree.Remove("/proc/zoneinfo");
            var (machine, notes) = Boot(tree);
            using (machine)
            {
                var managed = 0UL;
                foreach (var node in machine.Nodes) managed += node.ManagedPages;
                Assert.InRange((long)managed * 4, capture.Meminfo["MemTotal"], capture.Meminfo["MemTotal"] + 4096);
                Assert.Contains(notes, static line => line.Contains("proc/zoneinfo", StringComparison.Ordinal));
            }
        }
    }

    private static (string? Json, IReadOnlyList<string> Notes) Json(TextTree tree)
    {
        var result = Importer.Import(tree, "machine");
        Assert.Equal([], result.Errors);
        return (result.Json, result.Notes);
    }

    private static (Machine Machine, IReadOnlyList<string> Notes) Boot(TextTree tree)
    {
        var (json, notes) = Json(tree);
        return (Machine.Boot(Load(json).Machine), notes);
    }

    private static Profile Load(string? json)
    {
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json!), "imported", "imported", [], new Dictionary<string, string>());
        Assert.Equal([], result.Errors);
        return result.Profile!;
    }
}
