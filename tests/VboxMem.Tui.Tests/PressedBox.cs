using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;

namespace VboxMem.Tui.Tests;

/// <summary>A small box with a little swap, a web server, a cache and a leak: presses from about 15 s on, kills at about 30 s.</summary>
internal static class PressedBox
{
    private const string Profile = """
        {
          "name": "pressed",
          "machine": {
            "ram": "256MiB", "cpus": 2, "initrd": "8MiB", "hostname": "pressed",
            "disks": [
              { "size": "4GiB", "read_per_second": "60MiB", "write_per_second": "40MiB" },
              { "size": "64MiB", "read_per_second": "60MiB", "write_per_second": "40MiB" }
            ],
            "swap": [ { "disk": "vdb" } ],
            "mounts": [ { "path": "/", "disk": "vda" }, { "path": "/run" } ]
          },
          "init": "systemd",
          "groups": [
            { "name": "sshd", "program": "sshd", "oom_score_adj": -1000, "every": "3m", "restart": "on-failure" },
            { "name": "nginx", "program": "nginx", "workers": 2, "requests": 100, "connections": 16, "size": "120MiB", "jitter": 20, "restart": "on-failure" },
            { "name": "cache", "program": "touch", "size": "60MiB", "built": 1, "passes": 0, "per_second": "80MiB", "oom_score_adj": 100 },
            { "name": "leaky", "program": "leak", "per_second": "8MiB", "starts_at": "4s" }
          ]
        }
        """;

    public static Box Boot()
    {
        var loaded = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(Profile), "pressed", "pressed", [], new SortedDictionary<string, string>(StringComparer.Ordinal));
        Assert.Empty(loaded.Errors);
        return Box.Boot(loaded.Profile!);
    }

    public static Screen Screen(double seconds, Glyphs? glyphs = null) => ScreenOf.Box(Boot(), seconds, glyphs);

    /// <summary>Two seconds after somebody was killed for want of memory.</summary>
    public static Screen Killed(Box? box = null)
    {
        box ??= Boot();
        for (var second = 0; second < 400; second++)
        {
            box.RunFor(SimTime.FromSeconds(1));
            if (ReadingOf(ScreenOf.Box(box, 0).View.Source).Debug("oom").Value!.RowCount > 0) return ScreenOf.Box(box, 2);
        }

        throw new InvalidOperationException("nobody was killed");
    }

    /// <summary>The moment, within two minutes of the box's time after so many seconds, at which so many tasks stall.</summary>
    public static Screen Stalled(int tasks, double seconds, Glyphs? glyphs = null)
    {
        var box = Boot();
        var screen = ScreenOf.Box(box, seconds, glyphs);
        foreach (var pane in screen.Panes) pane.Prepare(screen.View.Now);
        for (var step = 0; step < 120_000; step++)
        {
            box.RunFor(SimTime.FromMilliseconds(1));
            var reading = ReadingOf(screen.View.Source);
            if (reading.Debug("stalls").Value!.RowCount < tasks) continue;
            screen.View.Before = screen.View.Now;
            screen.View.Now = reading;
            return screen;
        }

        throw new InvalidOperationException("nobody stalled");
    }

    /// <summary>The same moment without some files: whose path begins so.</summary>
    public static Screen Without(Screen screen, params string[] hidden)
    {
        var source = new HidingSource(screen.View.Source, hidden);
        return new Screen(new ScreenView { Source = source, Now = ReadingOf(source), History = screen.View.History, Glyphs = screen.View.Glyphs });
    }

    /// <summary>What a screen shows, as text.</summary>
    public static string Text(Screen screen, int width, int height)
    {
        var canvas = new Canvas(width, height);
        screen.Draw(canvas);
        return Picture.TextOf(canvas);
    }

    private static Reading ReadingOf(ISource source) => new(source.Tree, new ProcessReader(source.Tree), () => source.Now);

    private sealed class HidingSource(ISource below, string[] hidden) : ISource
    {
        public string Name => below.Name;

        public IFileTree Tree { get; } = new HidingTree(below.Tree, hidden);

        public TimeSpan Now => below.Now;

        public string WriteRefusal => "";

        public bool IsLive => true;

        public IMachineControl? Machine => null;

        public void Dispose()
        {
        }
    }

    private sealed class HidingTree(IFileTree below, string[] hidden) : IFileTree
    {
        public Errno TryStat(string path, out NodeStat stat) => below.TryStat(path, out stat);

        public Errno TryList(string path, out IReadOnlyList<string> names) => below.TryList(path, out names);

        public Errno TryReadLink(string path, out string target) => below.TryReadLink(path, out target);

        public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
        {
            content = default;
            return hidden.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal)) ? Errno.ENOENT : below.TryRead(path, out content);
        }

        public Errno TryWrite(string path, ReadOnlySpan<byte> content) => Errno.EROFS;
    }
}
