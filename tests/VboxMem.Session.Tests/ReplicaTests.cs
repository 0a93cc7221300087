// Goal: processes of given sizes have them, to the page, below the right parents; totals are reached, and what is shared is there once.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;

namespace VboxMem.Session.Tests;

public sealed class ReplicaTests
{
    private const string Json = """
        { "machine": { "ram": "1GiB", "cpus": 2, "disks": [ { "size": "64GiB" }, { "size": "256MiB" } ], "swap": [ { "disk": "vdb" } ], "mounts": [ { "path": "/", "disk": "vda" }, { "path": "/dev/shm" } ] },
          "init": "first", "users": [ { "name": "alice", "uid": 1005, "gid": 1006 } ],
          "groups": [
            { "name": "manager", "program": "process", "size": "4000KiB", "file": "9000KiB", "shared_file": "6000KiB" },
            { "name": "master", "program": "process", "parent": "manager", "path": "/usr/sbin/server", "size": "20000KiB", "file": "8000KiB", "shared_file": "5000KiB", "shmem": "4000KiB", "oom_score_adj": -500 },
            { "name": "worker", "program": "process", "parent": "master", "count": 2, "path": "/usr/sbin/server", "comm": "wörker?", "arguments": [ "worker: a b", "x\\ny" ], "user": "www-data", "gid": 7, "nice": 5, "size": "30000KiB", "inherited": "18000KiB", "file": "7000KiB", "shared_file": "4000KiB", "shmem": "3600KiB", "swapped": "3000KiB" },
            { "name": "helper", "program": "process", "parent": "worker", "path": "/bin/sh", "user": 1005, "number": 4, "size": "300KiB", "file": "1000KiB", "shared_file": "900KiB" },
            { "name": "totals", "program": "totals", "cached": "300MiB", "buffers": "8MiB", "shmem": "20MiB", "dirty": "352KiB", "reclaimable": "40MiB", "unreclaimable": "30MiB", "swapped": "20MiB" } ] }
        """;

    [Fact]
    public void Processes_and_totals_are_what_the_profile_says()
    {
        using var box = Run(Json.Replace("wörker?", "w:rker", StringComparison.Ordinal));
        Assert.Equal("0 4000 9000 0 0 1 0 0", Figures(box, "manager"));
        Assert.Equal("0 20000 8000 4000 0 1 0 -500", Figures(box, "master"));
        Assert.Equal("33 30000 7000 3600 3000 1 5 0", Figures(box, "worker"));
        Assert.Equal("1005 300 1000 0 0 4 0 0", Figures(box, "helper"));
        Assert.Equal([1], box.Workload.Groups.MembersOf("manager"));
        Assert.Equal(2, box.Workload.Groups.MembersOf("worker").Count());
        Assert.All(box.Workload.Groups.MembersOf("worker"), pid => Assert.Equal(box.Workload.Groups.MembersOf("master").Single(), ParentOf(box, pid)));
        Assert.Equal(box.Workload.Groups.MembersOf("worker").First(), ParentOf(box, box.Workload.Groups.MembersOf("helper").Single()));

        var worker = box.Workload.Groups.MembersOf("worker").First();
        Assert.Equal("w:rker\n", Read(box, $"/proc/{worker}/comm"));
        Assert.Equal("worker: a b\0x\ny\0", Read(box, $"/proc/{worker}/cmdline"));
        Assert.Contains("Gid:\t7\t7\t7\t7\n", Read(box, $"/proc/{worker}/status"), StringComparison.Ordinal);
        Assert.Contains("alice:x:1005:1006:", Read(box, "/etc/passwd"), StringComparison.Ordinal);

        foreach (var (name, kilobytes) in ((string, int)[])[("Cached", 307200), ("Buffers", 8192), ("Shmem", 20480), ("SReclaimable", 40960), ("SUnreclaim", 30720)])
        {
            Assert.Equal((name, kilobytes), (name, Meminfo(box, name)));
        }

        Assert.InRange(Meminfo(box, "Dirty"), 300, 400);
        Assert.Equal(20480, Meminfo(box, "SwapTotal") - Meminfo(box, "SwapFree"));
        // 4000 + 20000 + 2 x 12000 + 300, and nothing of the 18000 that the workers share with their master
        Assert.Equal(48300, Meminfo(box, "AnonPages"));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_parent_that_reaps_leaves_no_zombie()
    {
        using var box = Run(Json.Replace("wörker?", "w", StringComparison.Ordinal));
        box.Workload.Groups.Signal("worker", Kernel.Sched.Signal.Terminate);
        box.RunFor(SimTime.FromSeconds(1));
        Assert.Empty(box.Workload.Groups.MembersOf("worker"));
        Assert.DoesNotContain(box.Machine.Processes.Tasks, static task => task.State == Kernel.Sched.TaskState.Zombie);
        Assert.Equal(1, ParentOf(box, box.Workload.Groups.MembersOf("helper").Single()));
    }

    [Theory]
    [InlineData("\"parent\": \"manager\"", "\"parent\": \"worker\"", "groups:1:parent = \"worker\": no group before this one")]
    [InlineData("\"init\": \"first\"", "\"init\": \"systemd\"", "groups:1:parent = \"manager\": systemd starts the groups")]
    [InlineData("\"name\": \"manager\", \"program\": \"process\"", "\"name\": \"manager\", \"program\": \"process\", \"count\": 2", "init = \"first\": the first group is not one process")]
    [InlineData("\"name\": \"alice\"", "\"name\": \"a:b\"", "users:0:name = \"a:b\"")]
    [InlineData("\"program\": \"process\", \"size\"", "\"program\": \"process\", \"inherited\": \"4KiB\", \"size\"", "groups:0:inherited = \"4KiB\": there is no parent")]
    public void A_tree_that_cannot_be_is_refused(string right, string wrong, string expected)
    {
        var result = Load(Json.Replace("wörker?", "w", StringComparison.Ordinal).Replace(right, wrong, StringComparison.Ordinal));
        Assert.Contains(result.Errors, line => line.Contains(expected, StringComparison.Ordinal));
    }

    private static ProfileResult Load(string json) => ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());

    private static Box Run(string json)
    {
        var loaded = Load(json);
        Assert.Equal([], loaded.Errors);
        var box = Box.Boot(loaded.Profile!);
        box.RunFor(SimTime.FromSeconds(60));
        return box;
    }

    private static int ParentOf(Box box, int pid) => box.Machine.Processes[pid].ParentPid;

    private static string Read(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryRead(path, out var content));
        return Encoding.UTF8.GetString(content.Span);
    }

    private static int Meminfo(Box box, string name) => Number(Read(box, "/proc/meminfo"), name);

    private static int Number(string text, string name) => int.Parse(
        text.Split('\n').First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture);

    private static string Figures(Box box, string group)
    {
        var pid = box.Workload.Groups.MembersOf(group).First();
        var status = Read(box, $"/proc/{pid}/status");
        var task = box.Machine.Processes[pid];
        return $"{Number(status, "Uid")} {Number(status, "RssAnon")} {Number(status, "RssFile")} {Number(status, "RssShmem")} {Number(status, "VmSwap")} {Number(status, "Threads")} {task.Nice} {task.OomScoreAdj}";
    }
}
