// Goal: defaults < profile < environment < --set, lists as a whole, and mistakes named by their source.

using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads;

namespace VboxMem.Profiles.Tests;

public sealed class LayeringTests
{
    private const string TwoNodes = """
        { "machine": { "nodes": [ { "ram": "1GiB", "cpus": 1, "distances": [10, 30] }, { "ram": "2GiB", "cpus": 3 } ] } }
        """;

    [Fact]
    public void Defaults_are_those_of_the_machine_configuration()
    {
        var machine = Places.Good(Places.Load("""{ "machine": { "ram": "1GiB" } }""")).Machine;
        Equal(new MachineConfiguration { RamBytes = 1UL << 30, Cpus = 1 }, machine);
    }

    [Fact]
    public void Each_layer_wins_over_the_one_before_it()
    {
        const string Json = """{ "machine": { "ram": "1GiB", "hostname": "profile" } }""";
        var environment = new Dictionary<string, string> { ["VBOXMEM__machine__hostname"] = "environment" };

        Assert.Equal("vbox", Places.Good(Places.Load("""{ "machine": { "ram": "1GiB" } }""")).Machine.HostName);
        Assert.Equal("profile", Places.Good(Places.Load(Json)).Machine.HostName);
        Assert.Equal("environment", Places.Good(Places.LoadIn(environment, Json)).Machine.HostName);
        Assert.Equal("option", Places.Good(Places.LoadIn(environment, Json, "machine:hostname=option")).Machine.HostName);
    }

    [Fact]
    public void Of_two_options_for_one_key_the_later_counts() =>
        Assert.Equal(7UL, Places.Good(Places.Load(TwoNodes, "seed=5", "SEED=7")).Machine.Seed);

    [Fact]
    public void Capitals_of_keys_units_and_words_do_not_matter()
    {
        var environment = new Dictionary<string, string> { ["VBOXMEM__MACHINE__RAM"] = "1gib", ["VBOXMEM__VM__SWAPPINESS"] = "7" };
        var machine = Places.Good(Places.LoadIn(environment, """{ "Machine": { "Kind": "Q35" } }""", "Machine:CPUs=3")).Machine;

        Assert.Equal((1UL << 30, MachineKind.Q35, 3), (machine.RamBytes, machine.Kind, machine.Cpus));
        Assert.Equal([new("swappiness", "7")], machine.VmSettings);
    }

    [Fact]
    public void Other_variables_of_the_environment_are_left_alone()
    {
        var environment = new Dictionary<string, string> { ["HOME"] = "/", ["VBOXMEM"] = "x", ["VBOXMEM_COLOR"] = "never" };
        Places.Good(Places.LoadIn(environment, TwoNodes));
    }

    [Fact]
    public void A_shorter_list_of_a_later_layer_replaces_the_whole_list()
    {
        var machine = Places.Good(Places.Load(TwoNodes, "machine:nodes:0:ram=512MiB", "machine:nodes:0:cpus=2")).Machine;

        var node = Assert.Single(machine.Nodes);
        Assert.Equal((512UL << 20, 2), (node.RamBytes, node.Cpus));
        Assert.Empty(node.Distances);
        Assert.Equal((512UL << 20, 2), (machine.RamBytes, machine.Cpus));
    }

    [Fact]
    public void A_list_of_the_environment_replaces_the_profiles_and_gives_way_to_the_options()
    {
        var environment = new Dictionary<string, string>
        {
            ["VBOXMEM__machine__nodes__1__ram"] = "1GiB",
            ["VBOXMEM__machine__nodes__1__cpus"] = "1",
            ["VBOXMEM__machine__nodes__0__ram"] = "1GiB",
            ["VBOXMEM__machine__nodes__0__cpus"] = "1",
            ["VBOXMEM__machine__nodes__1__distances__0"] = "20",
            ["VBOXMEM__machine__nodes__1__distances__1"] = "10",
        };

        var fromEnvironment = Places.Good(Places.LoadIn(environment, TwoNodes)).Machine;
        Assert.Equal([0, 2], fromEnvironment.Nodes.Select(node => node.Distances.Count));
        var fromOption = Places.Good(Places.LoadIn(environment, TwoNodes, """machine:nodes=[{"ram": "4GiB", "cpus": 4}]""")).Machine;
        Assert.Equal(4UL << 30, Assert.Single(fromOption.Nodes).RamBytes);
    }

    [Theory]
    [InlineData("machine:nodes=")]
    [InlineData("machine:nodes=[]")]
    public void An_empty_list_takes_the_list_away(string option)
    {
        var machine = Places.Good(Places.Load(TwoNodes, option, "machine:ram=1GiB")).Machine;
        Assert.Empty(machine.Nodes);
        Assert.Equal((1UL << 30, 1), (machine.RamBytes, machine.Cpus));
    }

    [Fact]
    public void Ram_and_cpus_follow_from_the_nodes_or_may_repeat_their_sum()
    {
        var derived = Places.Good(Places.Load(TwoNodes)).Machine;
        Assert.Equal((3UL << 30, 4), (derived.RamBytes, derived.Cpus));
        Equal(derived, Places.Good(Places.Load(TwoNodes, "machine:ram=3GiB", "machine:cpus=4")).Machine);
    }

    [Fact]
    public void Ram_follows_from_zones_as_what_was_plugged_in()
    {
        // The zones of the captured machine with 2 GiB: 130 frames of the RAM are in no zone.
        var machine = Places.Good(Places.Load("""
            { "machine": { "zones": [
                { "zone": "DMA", "start_pfn": 1, "spanned": 4095, "present": 3998, "managed": 3840 },
                { "zone": "DMA32", "start_pfn": 4096, "spanned": 520160, "present": 520160, "managed": 501553, "late_freed": 7 } ] } }
            """)).Machine;

        Assert.Equal(2UL << 30, machine.RamBytes);
        Assert.Equal(
            new ZoneConfiguration
            {
                Node = 0, Zone = ZoneType.Dma32, StartPfn = 4096, SpannedPages = 520160, PresentPages = 520160,
                ManagedPages = 501553, LateFreedPages = 7,
            },
            machine.Zones[1]);
    }

    [Fact]
    public void Settings_of_vm_are_written_in_the_order_given_and_a_later_layer_writes_later()
    {
        const string Json = """{ "machine": { "ram": "1GiB" }, "vm": { "dirty_ratio": 30, "dirty_bytes": 8192, "swappiness": "0x10" } }""";
        var machine = Places.Good(Places.Load(Json, "vm:dirty_ratio=5")).Machine;
        Assert.Equal([new("dirty_bytes", "8192"), new("swappiness", "16"), new("dirty_ratio", "5")], machine.VmSettings);
    }

    [Fact]
    public void Disks_swap_and_file_systems_are_what_the_profile_says()
    {
        var machine = Places.Good(Places.Load("""
            { "machine": { "ram": "1GiB",
                "disks": [ { "size": "6GiB", "read_per_second": "200MiB" },
                           { "size": "512MiB", "write_per_second": "60MiB", "latency_us": 5000, "seek_us": 4000, "rotational": 0 } ],
                "swap": [ { "disk": "vdb", "priority": 5 } ],
                "mounts": [ { "path": "/" }, { "path": "/mnt", "disk": "vda" } ],
                "costs": { "scan_page": 700 } } }
            """)).Machine;

        Assert.Equal(
            [
                new DiskConfiguration("vda", 6UL << 30, 200UL << 20, 250UL << 20, 200_000, 0, true),
                new DiskConfiguration("vdb", 512UL << 20, 500UL << 20, 60UL << 20, 5_000_000, 4_000_000, false),
            ],
            machine.Disks);
        Assert.Equal([new SwapConfiguration(1, 5)], machine.Swaps);
        Assert.Equal([new MountConfiguration("/", -1), new MountConfiguration("/mnt", 0)], machine.Mounts);
        Assert.Equal(new Costs { ScanPage = 700 }, machine.Costs);
    }

    [Fact]
    public void Groups_and_timeline_are_what_the_profile_says()
    {
        var workload = Places.Good(Places.Load("""
            { "machine": { "ram": "1GiB" },
              "groups": [
                { "name": "sshd", "program": "touch", "size": "20MiB", "oom_score_adj": -1000 },
                { "name": "reader", "program": "read", "path": "/mnt/f", "size": "1GiB", "per_second": "80MiB", "passes": 2, "pause": "4s",
                  "hold": "0s", "starts_at": "forever", "count": 3, "user": 1000, "nice": 5 },
                { "name": "late", "program": "sleep", "starts_at": "2s", "after": "reader" } ],
              "timeline": [
                { "at": "1s", "do": "start", "to": "reader" },
                { "at": "1m", "after": "late", "do": "signal", "to": "sshd", "signal": "TERM" },
                { "at": "70s", "do": "write", "to": "/proc/sys/vm/drop_caches", "text": "3" },
                { "when": " meminfo.MemFree < 1MiB ", "do": "stop", "to": "late" },
                { "at": "0s", "when": "killed(late)", "do": "say", "text": "gone" } ] }
            """)).Workload;

        Equal(
            new WorkloadConfiguration(
                [
                    new GroupConfiguration("sshd", "touch", 1, 0, 0, -1000, SimTime.Zero, new ProgramParameters(SizeBytes: 20UL << 20)),
                    new GroupConfiguration("reader", "read", 3, 1000, 5, 0, null, new ProgramParameters(
                        SizeBytes: 1UL << 30, BytesPerSecond: 80UL << 20, Passes: 2, Pause: SimTime.FromSeconds(4), Hold: SimTime.Zero,
                        Path: "/mnt/f")),
                    new GroupConfiguration("late", "sleep", 1, 0, 0, 0, SimTime.FromSeconds(2), new ProgramParameters(), "reader"),
                ],
                [
                    new TimelineEvent(SimTime.FromSeconds(1), TimelineAction.Start, "reader"),
                    new TimelineEvent(SimTime.FromSeconds(60), TimelineAction.Signal, "sshd", Signal: Signal.Terminate, After: "late"),
                    new TimelineEvent(SimTime.FromSeconds(70), TimelineAction.Write, "/proc/sys/vm/drop_caches", "3"),
                    new TimelineEvent(SimTime.Zero, TimelineAction.Stop, "late", When: "meminfo.MemFree < 1MiB"),
                    new TimelineEvent(SimTime.Zero, TimelineAction.Say, "", "gone", When: "killed(late)"),
                ]),
            workload);
    }

    [Fact]
    public void Every_layer_names_its_own_mistakes_and_all_come_at_once()
    {
        var environment = new Dictionary<string, string> { ["VBOXMEM__machine__cpus"] = "many", ["VBOXMEM__machin__cpus"] = "1" };
        var result = Places.LoadIn(environment, """{ "sede": 1, "machine": { "ram": "1GiB", "initrd": "900MiB" } }""",
            "vm:swappiness=201", "vm.swappiness=1", "nonsense", "=5", "machine:nodes:1:ram=1GiB", "machine:ram:x=1",
            "machine:zones=[{]", "machine:hostname=");
        Assert.Equal(
            [
                "test.json:1: sede = 1: unknown key, did you mean seed?",
                "environment: machin = {…}: unknown key, did you mean machine?",
                "environment: machine:cpus = many: not a whole number, allowed 1..256",
                "--set: nonsense: no key and value, allowed section:key=value",
                "--set: =5: no key and value, allowed section:key=value",
                "--set: vm:swappiness = 201: out of range, allowed 0..200",
                "--set: vm.swappiness = 1: unknown key, did you mean vm:swappiness?",
                "--set: machine:nodes = {…}: indexes with gaps or no indexes, allowed 0, 1, 2 and so on",
                "--set: machine:ram:x = 1: unknown key, did you mean machine:ram?",
                "--set: machine:zones: not valid JSON, unexpected ']' at column 3",
                """--set: machine:hostname = "": too short, allowed 1 to 64 letters, digits, '-' and '.', a letter or digit at both ends""",
            ],
            result.Errors);
        Assert.Null(result.Profile);
    }

    [Fact]
    public void Values_that_clash_are_named_by_the_layer_that_wrote_them() =>
        Assert.Equal(
            ["--set: machine:ram = 8GiB: the nodes add up to 3GiB, allowed that or nothing"],
            Places.Load(TwoNodes, "machine:ram=8GiB").Errors);

    [Fact]
    public void A_variable_given_in_two_capitalisations_is_a_mistake()
    {
        var environment = new Dictionary<string, string> { ["VBOXMEM__seed"] = "1", ["VBOXMEM__SEED"] = "2" };
        Assert.Equal(["environment: seed: given twice in different capitals, allowed is once"], Places.LoadIn(environment, TwoNodes).Errors);
    }

    /// <summary>Records compare lists by reference, so lists are compared by themselves.</summary>
    internal static void Equal(MachineConfiguration expected, MachineConfiguration actual)
    {
        Assert.Equal(expected.VmSettings, actual.VmSettings);
        Assert.Equal(expected.Zones, actual.Zones);
        Assert.Equal(expected.Nodes.Select(node => node with { Distances = [] }), actual.Nodes.Select(node => node with { Distances = [] }));
        Assert.Equal(expected.Nodes.Select(node => node.Distances), actual.Nodes.Select(node => node.Distances));
        Assert.Equal(expected.Disks, actual.Disks);
        Assert.Equal(expected.Swaps, actual.Swaps);
        Assert.Equal(expected.Mounts, actual.Mounts);
        Assert.Equal(WithoutLists(expected), WithoutLists(actual));
    }

    /// <summary>The same for what runs on the box.</summary>
    internal static void Equal(WorkloadConfiguration expected, WorkloadConfiguration actual)
    {
        Assert.Equal(expected.Groups, actual.Groups);
        Assert.Equal(expected.Timeline, actual.Timeline);
    }

    private static MachineConfiguration WithoutLists(MachineConfiguration machine) =>
        machine with { VmSettings = [], Zones = [], Nodes = [], Disks = [], Swaps = [], Mounts = [] };
}
