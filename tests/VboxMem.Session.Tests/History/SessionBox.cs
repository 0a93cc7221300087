using System.Text;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session.History;

namespace VboxMem.Session.Tests.History;

/// <summary>Boxes on which much happens within a minute: a leak, its kills, swapping, a timeline that waits, programs that it starts.</summary>
internal static class SessionBox
{
    public const string Busy = """
        { "machine": { "ram": "256MiB", "cpus": 2,
            "disks": [ { "size": "1GiB" }, { "size": "64MiB" }, { "size": "32MiB" } ], "mounts": [ { "path": "/", "disk": "vda" } ], "swap": [ { "disk": "vdb" } ] },
          "init": "systemd",
          "groups": [
            { "name": "web", "program": "nginx", "workers": 2, "requests": 60, "connections": 8, "size": "100MiB", "restart": "on-failure" },
            { "name": "leaky", "program": "leak", "per_second": "24MiB", "restart": "always", "restart_sec": "2s" },
            { "name": "late", "program": "touch", "size": "12MiB", "starts_at": "1s", "after": "job" },
            { "name": "job", "program": "touch", "size": "8MiB", "hold": "3s", "starts_at": "4s" } ],
          "timeline": [
            { "when": "killed(leaky)", "do": "swapon", "to": "/dev/vdc" },
            { "when": "swaps.used > 30MiB", "do": "say", "text": "swapping" },
            { "at": "9s", "do": "swapoff", "to": "/dev/vdb" },
            { "at": "25s", "do": "swapon", "to": "/dev/vdb" },
            { "when": "meminfo.MemFree/s < -900MiB/s and uptime > 900h", "do": "say", "text": "never" } ] }
        """;

    /// <summary>The same without systemd: the groups are the box's own.</summary>
    public static string Bare => Busy.Replace("\"init\": \"systemd\",", string.Empty, StringComparison.Ordinal)
        .Replace(", \"restart\": \"on-failure\"", string.Empty, StringComparison.Ordinal)
        .Replace(", \"restart\": \"always\", \"restart_sec\": \"2s\"", string.Empty, StringComparison.Ordinal);

    public static Profile Profile(string json = Busy)
    {
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Equal([], result.Errors);
        return result.Profile!;
    }

    public static LiveSession Start(string json = Busy, long? budgetBytes = null) => LiveSession.Start(Profile(json), budgetBytes);

    public static SimTime Seconds(double seconds) => new((ulong)(seconds * SimTime.NanosecondsPerSecond));

    /// <summary>Goes on for so long.</summary>
    public static void Advance(LiveSession session, double seconds) => session.TryAdvanceTo(session.Now.Plus(Seconds(seconds)));

    public static int Do(LiveSession session, string line) => session.Do(line, Stream.Null, Stream.Null);
}
