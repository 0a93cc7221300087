// Goal: the effective text loads again as the same machine and writes itself as the same text.
// Method: the built-in profiles, one profile with every kind of key, and machines made up by a generator.

using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VboxMem.Kernel.Sysctl;
using VboxMem.Workloads;

namespace VboxMem.Profiles.Tests;

public sealed class EffectiveJsonTests
{
    [Theory]
    [InlineData("default")]
    [InlineData("tiny")]
    [InlineData("bigbox")]
    [InlineData("terabyte")]
    public void Built_in_profiles_survive_the_round_trip(string name) =>
        AssertRoundTrip(Places.Good(ProfileLoader.Load(ProfileCatalog.Resolve(Places.Profiles, name), [], Places.NoEnvironment)));

    [Fact]
    public void The_text_has_every_setting_in_canonical_spelling()
    {
        var profile = Places.Good(Places.Load("""
            { "vm": { "swappiness": " 0x10", "lowmem_reserve_ratio": "64  64", "numa_zonelist_order": "n", "nr_hugepages": "0" },
              "description": "5 > 4 & \"café\"",
              "machine": { "zones": [ { "zone": "dma32", "start_pfn": 4096, "spanned": 520160, "present": 520160, "managed": 501553 } ],
                           "nodes": [ { "cpus": 2, "ram": "2048m" } ], "cpu_mhz": "2.4e3", "la57": " TRUE", "initrd": "10240k",
                           "disks": [ { "size": "8192MiB", "write_per_second": "30720k" } ], "swap": [ { "disk": "vda" } ],
                           "mounts": [ { "path": "/tmp" } ] },
              "timeline": [ { "to": "web", "at": "1m30s", "signal": "kill", "do": "SIGNAL" } ],
              "groups": [ { "size": "1024k", "program": "touch", "name": "web", "starts_at": "1s500ms", "oom_score_adj": "-500" } ] }
            """, "seed=18446744073709551615"));
        Assert.Equal("""
            {
              "name": "test",
              "description": "5 > 4 & \"café\"",
              "seed": 18446744073709551615,
              "machine": {
                "kind": "pc",
                "ram": "2GiB",
                "cpus": 2,
                "nodes": [
                  {
                    "ram": "2GiB",
                    "cpus": 2,
                    "distances": []
                  }
                ],
                "movable": "0",
                "zones": [
                  {
                    "node": 0,
                    "zone": "DMA32",
                    "start_pfn": 4096,
                    "spanned": 520160,
                    "present": 520160,
                    "managed": 501553,
                    "late_freed": 0
                  }
                ],
                "initrd": "10MiB",
                "boot_time": "2026-01-01T00:00:00Z",
                "hostname": "vbox",
                "command_line": "BOOT_IMAGE=/boot/vmlinuz-6.12.107+deb13-cloud-amd64 root=/dev/vda1 ro console=ttyS0 psi=1",
                "cpu_model": "QEMU Virtual CPU version 2.5+",
                "cpu_mhz": 2400,
                "la57": true,
                "disks": [
                  {
                    "size": "8GiB",
                    "read_per_second": "500MiB",
                    "write_per_second": "30MiB",
                    "latency_us": 200,
                    "seek_us": 0,
                    "rotational": 1
                  }
                ],
                "swap": [
                  {
                    "disk": "vda",
                    "priority": -1
                  }
                ],
                "mounts": [
                  {
                    "path": "/tmp",
                    "disk": ""
                  }
                ],
                "costs": {
                  "system_call": 150,
                  "context_switch": 2000,
                  "anonymous_fault": 1100,
                  "minor_fault": 1000,
                  "copy_fault": 1300,
                  "huge_fault": 120000,
                  "unmap_page": 80,
                  "fork_page": 30,
                  "fork": 50000,
                  "clone_thread": 12000,
                  "copy_page": 400,
                  "cache_insert": 500,
                  "name_lookup": 1000,
                  "file_create": 20000,
                  "scan_page": 100,
                  "deactivate_page": 40,
                  "scan_node": 1000,
                  "reclaim_clean_page": 350,
                  "reclaim_mapped_page": 1200,
                  "tlb_shootdown": 2000,
                  "split_page": 100,
                  "swap_out": 3000,
                  "swap_in": 3000,
                  "shrink_object": 200,
                  "migrate_page": 2000,
                  "compact_scan_page": 30,
                  "oom_kill": 3000000,
                  "touch_page": 90
                }
              },
              "init": "none",
              "users": [],
              "groups": [
                {
                  "name": "web",
                  "program": "touch",
                  "count": 1,
                  "user": "root",
                  "nice": 0,
                  "oom_score_adj": -500,
                  "starts_at": "1500ms",
                  "after": "",
                  "size": "1MiB",
                  "part": "0",
                  "chunk": "0",
                  "per_second": "0",
                  "passes": 1,
                  "pause": "0s",
                  "hold": "forever",
                  "path": "",
                  "number": 0,
                  "writes": 0,
                  "shared": 0,
                  "sync": 0,
                  "zeros": 0,
                  "built": 0,
                  "requests": 0,
                  "workers": 0,
                  "connections": 0,
                  "working_set": "0",
                  "jitter": 0,
                  "every": "0s",
                  "drop_behind": 0,
                  "gid": 4294967295,
                  "parent": "",
                  "comm": "",
                  "arguments": [],
                  "inherited": "0",
                  "file": "0",
                  "shared_file": "0",
                  "shmem": "0",
                  "shared_shmem": "0",
                  "swapped": "0",
                  "cached": "0",
                  "buffers": "0",
                  "dirty": "0",
                  "reclaimable": "0",
                  "unreclaimable": "0",
                  "restart": "no",
                  "restart_sec": "100ms",
                  "restart_max_delay": "0s",
                  "restart_steps": 0,
                  "start_limit_burst": 5,
                  "start_limit_interval": "10s"
                }
              ],
              "timeline": [
                {
                  "at": "90s",
                  "after": "",
                  "when": "",
                  "do": "signal",
                  "to": "web",
                  "text": "",
                  "signal": "KILL"
                }
              ],
              "vm": {
                "swappiness": 16,
                "lowmem_reserve_ratio": "64 64",
                "numa_zonelist_order": "n",
                "nr_hugepages": 0
              }
            }

            """, profile.EffectiveJson());
        AssertRoundTrip(profile);
    }

    [Property(MaxTest = 300)]
    public Property Every_valid_profile_survives_the_round_trip() =>
        Prop.ForAll(Profiles().ToArbitrary(), json =>
        {
            AssertRoundTrip(Places.Good(Places.Load(json)));
        });

    private static void AssertRoundTrip(Profile profile)
    {
        var text = profile.EffectiveJson();
        var again = Places.Good(ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(text), "run.json", "other", [], Places.NoEnvironment));
        LayeringTests.Equal(profile.Machine, again.Machine);
        LayeringTests.Equal(profile.Workload, again.Workload);
        Assert.Equal((profile.Name, profile.Description), (again.Name, again.Description));
        Assert.Equal(text, again.EffectiveJson());
    }

    /// <summary>Valid profiles: sizes in every unit, nodes with and without distances, vm files in any order.</summary>
    private static Gen<string> Profiles() =>
        from random in Gen.Choose(0, int.MaxValue)
        from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
        select Make(new Random(random), name.Get);

    private static string Make(Random random, string name)
    {
        var machine = new Dictionary<string, object>
        {
            ["kind"] = Pick(random, "pc", "Q35", "cloud"),
            ["initrd"] = $"{random.Next(0, 16 << 10)}k",
            ["movable"] = random.Next(0, 64 << 20),
            ["cpu_mhz"] = random.Next(100_000, 10_000_000) / 1000m,
            ["boot_time"] = DateTimeOffset.FromUnixTimeSeconds(random.NextInt64(0, 7_258_118_399)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["hostname"] = $"host-{random.Next()}.example",
            ["la57"] = random.Next(2) == 0,
        };
        if (random.Next(2) == 0) machine["nodes"] = Nodes(random);
        else machine["ram"] = $"{random.Next(17, 1 << 19) * 4L}{Pick(random, "MiB", "M", "m")}";

        var disks = random.Next(0, 4);
        machine["disks"] = Enumerable.Range(0, disks).Select(_ => new { size = $"{random.Next(1, 9999)}M", rotational = random.Next(2), latency_us = random.Next(0, 9999) });
        machine["swap"] = Enumerable.Range(0, Math.Min(disks, random.Next(3))).Select(disk => new { disk = $"vd{(char)('a' + disk)}", priority = random.Next(-1, 99) });
        machine["mounts"] = Enumerable.Range(0, random.Next(3)).Select(mount => new { path = $"/m{mount}" });
        machine["costs"] = new { scan_page = random.Next(0, 99_999), touch_page = $"{random.Next(0, 99)}" };
        var groups = Groups(random);
        var files = SysctlTable.Files.Where(file => !file.IsAction && file.Kind is SysctlKind.Signed32 or SysctlKind.Unsigned64).ToArray();
        random.Shuffle(files);
        var profile = new Dictionary<string, object>
        {
            ["description"] = new string([.. name.Where(character => !char.IsControl(character) && !char.IsSurrogate(character) && character is not ('\u2028' or '\u2029'))]),
            ["seed"] = (ulong)random.NextInt64() * 2,
            ["machine"] = machine,
            ["groups"] = groups,
            ["timeline"] = Timeline(random, groups.Length),
            ["vm"] = files.Where(file => !file.IsAction).Take(random.Next(6)).ToDictionary(file => file.Name, file => Value(random, file)),
        };
        return JsonSerializer.Serialize(profile);
    }

    private static object[] Nodes(Random random)
    {
        var count = random.Next(1, 9);
        var distances = random.Next(2) == 0;
        return [.. Enumerable.Range(0, count).Select(node => (object)new
        {
            ram = $"{random.Next(32, 4096) * 4}MiB",
            cpus = random.Next(node == 0 ? 1 : 0, 33),
            distances = distances ? Enumerable.Range(0, count).Select(other => other == node ? 10 : random.Next(11, 255)).ToArray() : [],
        })];
    }

    private static object[] Groups(Random random) => [.. Enumerable.Range(0, random.Next(5)).Select(group => Group(random, group))];

    /// <summary>A group with what its program reads, and only that.</summary>
    private static Dictionary<string, object> Group(Random random, int group)
    {
        var program = Pick(random, [.. ProgramCatalog.Names]);
        var keys = new Dictionary<string, object>
        {
            ["name"] = $"group-{group}",
            ["program"] = program,
            ["starts_at"] = random.Next(3) == 0 && group == 0 ? "forever" : $"{random.Next(9999)}ms",
            ["after"] = group > 0 && random.Next(2) == 0 ? $"group-{random.Next(group)}" : "",
            ["oom_score_adj"] = random.Next(-1000, 1001),
        };
        (ScalarKey Key, object Value)[] parameters =
        [
            (WorkloadKeys.Size, $"{random.Next(1, 999)}{Pick(random, "k", "MiB", "g")}"), (WorkloadKeys.FilePath, Pick(random, "/mnt/f", "/x")),
            (WorkloadKeys.Number, random.Next(1, 99)), (WorkloadKeys.Hold, Pick(random, "forever", "1h2m", "0s")),
            (WorkloadKeys.Passes, random.NextInt64()), (WorkloadKeys.Requests, random.Next(1, 999)), (WorkloadKeys.Every, $"{random.Next(999)}s"),
        ];
        foreach (var (key, value) in parameters.Where(parameter => ProgramKeys.ReadBy(program).Contains(parameter.Key)))
            keys[ProgramKeys.NameOf(key)] = value;
        return keys;
    }

    private static object[] Timeline(Random random, int groups) => [.. Enumerable.Range(0, random.Next(4)).Select(_ => groups > 0 && random.Next(2) == 0
        ? (object)new { at = $"{random.Next(99)}s", after = $"group-{random.Next(groups)}", @do = "signal", to = $"group-{random.Next(groups)}", signal = Pick(random, "TERM", "kill") }
        : random.Next(3) switch
        {
            0 => new { when = $"meminfo.MemFree < {random.Next(99)}MiB and not killed(x)", @do = "drop_caches", text = Pick(random, "", "1", "3") },
            1 => new { at = $"{random.Next(99)}s", @do = "say", text = "caf\u00e9 \"quoted\"" },
            _ => (object)new { at = $"{random.Next(99)}m", @do = "write", to = "/proc/sys/vm/swappiness", text = $"{random.Next(200)}" },
        })];

    private static object Value(Random random, SysctlFile file)
    {
        var top = file.Maximum > long.MaxValue ? long.MaxValue : (long)file.Maximum;
        var number = random.Next(4) switch
        {
            0 => (long)file.Minimum,
            1 => top,
            _ => random.NextInt64((long)file.Minimum, top),
        };
        return number >= 0 && random.Next(3) == 0 ? $"0x{number:x}" : number;
    }

    private static string Pick(Random random, params string[] words) => words[random.Next(words.Length)];
}
