using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session;
using VboxMem.Testing;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;

namespace VboxMem.Tui.Tests;

/// <summary>Screens for tests: of a box that was run for a while, with a reading of the second before and a sample of every second.</summary>
internal static class ScreenOf
{
    /// <summary>A box of a profile in profiles/, at a moment.</summary>
    public static Screen Profile(string name, double seconds, Glyphs? glyphs = null)
    {
        var loaded = ProfileLoader.Load(Path.Combine(SourceTree.Root, "profiles", name + ".json"), [], new SortedDictionary<string, string>(StringComparer.Ordinal));
        Assert.Empty(loaded.Errors);
        return Box(Session.Box.Boot(loaded.Profile!), seconds, glyphs);
    }

    public static Screen Box(Box box, double seconds, Glyphs? glyphs = null)
    {
        var source = new StandingBox(box);
        var reader = new ProcessReader(source.Tree);
        var history = new History();
        Reading Read() => new(source.Tree, reader, () => source.Now);
        Screen? screen = null;
        for (var second = 0; second < (int)seconds; second++)
        {
            box.RunFor(SimTime.FromSeconds(1));
            var reading = Read();
            history.Add(Sample.Take(reading, history.LastBefore(reading.At)));
            if (second == (int)seconds - 2)
            {
                screen = new Screen(new ScreenView { Source = source, Now = reading, History = history, Glyphs = glyphs ?? Glyphs.Unicode });
                foreach (var pane in screen.Panes) pane.Prepare(reading);
            }
        }

        screen ??= new Screen(new ScreenView { Source = source, Now = Read(), History = history, Glyphs = glyphs ?? Glyphs.Unicode });
        if (seconds >= 2) screen.View.Before = screen.View.Now;
        screen.View.Now = Read();
        return screen;
    }

    /// <summary>A box that stands still.</summary>
    private sealed class StandingBox(Box box) : ISource
    {
        public string Name => "default";

        public IFileTree Tree => box.Tree;

        public TimeSpan Now => TimeSpan.FromTicks((long)(box.Machine.Now.Nanoseconds / 100));

        public string WriteRefusal => "";

        public bool IsLive => true;

        public IMachineControl? Machine => null;

        public void Dispose() => box.Dispose();
    }
}
