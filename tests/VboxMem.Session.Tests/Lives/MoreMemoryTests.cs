// Goal: more memory never costs a life. What leaks without end, at a constant speed and without being started again, is killed no more often
// on a larger box.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Tests.Lives;

public sealed class MoreMemoryTests
{
    [Fact]
    public void Twice_the_memory_never_adds_kills()
    {
        int[] kills = [.. ((int[])[1, 2, 4, 8]).Select(gibibytes => KillsWith(gibibytes))];

        Assert.All(kills.Zip(kills.Skip(1)), pair => Assert.True(pair.Second <= pair.First, string.Join(" ", kills)));
        Assert.Equal("3 2 1 0", string.Join(" ", kills));
    }

    private static int KillsWith(int gibibytes)
    {
        using var box = BuiltIn.BootText($$"""
            {
              "machine": {
                "ram": "{{gibibytes}}GiB", "cpus": 2, "mounts": [ { "path": "/", "disk": "vda" } ], "swap": [ { "disk": "vdb" } ],
                "disks": [ { "size": "40GiB" }, { "size": "512MiB" } ] },
              "init": "systemd",
              "groups": [
                { "name": "sshd", "program": "sshd", "oom_score_adj": -1000 },
                { "name": "nginx", "program": "nginx", "requests": 100, "size": "300MiB" },
                { "name": "redis", "program": "redis", "size": "60MiB", "requests": 100 },
                { "name": "leaky", "program": "leaky", "requests": 100, "per_second": "60MiB" },
                { "name": "leakier", "program": "leaky", "requests": 100, "per_second": "80MiB" },
                { "name": "slow", "program": "leak", "per_second": "30MiB" } ]
            }
            """);
        var watch = new RunWatch(box.Machine);
        Assert.True(box.RunFor(SimTime.FromSeconds(45), () => Look(watch)));
        watch.Look();
        Audit.Check(box.Machine);
        return watch.Kills.Count;
    }

    private static bool Look(RunWatch watch)
    {
        watch.Look();
        return false;
    }
}
