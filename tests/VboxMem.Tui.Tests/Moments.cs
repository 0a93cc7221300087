using System.Collections.Concurrent;
using VboxMem.FileTree;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;
using VboxMem.Testing;

namespace VboxMem.Tui.Tests;

/// <summary>Tests that share boxes that have stopped at a moment, and therefore do not run at the same time.</summary>
[CollectionDefinition(Name)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "It is what xunit calls a collection.")]
public sealed class MomentsCollection
{
    public const string Name = "moments";
}

/// <summary>Boxes at moments, run once for all tests: each test gets a screen of its own on them.</summary>
internal static class Moments
{
    /// <summary>When the leak of the default box presses: it swaps.</summary>
    public const int Pressed = 300;

    private static readonly ConcurrentDictionary<(string, int), ScreenView> _known = new();

    public static ScreenView View(string profile, int seconds) => _known.GetOrAdd((profile, seconds), static key => ScreenOf.Profile(key.Item1, key.Item2).View);

    /// <summary>A screen with a pane open.</summary>
    /// <param name="pane">Its name.</param>
    /// <param name="glyphs">Its characters; null: Unicode.</param>
    /// <param name="hidden">Files that are not there.</param>
    public static Screen Open(string pane, Glyphs? glyphs = null, params string[] hidden)
    {
        var view = View("default", Pressed);
        var source = view.Source;
        if (hidden.Length == 0) return Open(pane, new ScreenView { Source = source, Now = view.Now, Before = view.Before, History = view.History, Glyphs = glyphs ?? Glyphs.Unicode });
        return Open(pane, Still(new WithoutFiles(source.Tree, hidden), source.Now));
    }

    /// <summary>A screen of a few files, that stand still.</summary>
    public static Screen OfFiles(string pane, params (string Path, string Text)[] files) => Open(pane, Still(MemoryTree.Of(files), TimeSpan.FromSeconds(100)));

    public static string TextOf(Screen screen, int width, int height)
    {
        var canvas = new Canvas(width, height);
        screen.Draw(canvas);
        return Picture.TextOf(canvas);
    }

    public static string[] LinesOf(Screen screen, int width, int height) => TextOf(screen, width, height).Split('\n');

    private static Screen Open(string pane, ScreenView view)
    {
        var screen = new Screen(view);
        screen.Open(pane);
        return screen;
    }

    private static ScreenView Still(IFileTree tree, TimeSpan now)
    {
        var reading = new Reading(tree, new ProcessReader(tree), () => now);
        var history = new History();
        history.Add(Sample.Take(reading));
        return new ScreenView { Source = new StillFiles(tree, now), Now = reading, History = history, Glyphs = Glyphs.Unicode };
    }

    private sealed class StillFiles(IFileTree tree, TimeSpan now) : ISource
    {
        public string Name => "dump";

        public IFileTree Tree => tree;

        public TimeSpan Now => now;

        public string WriteRefusal => "a dump is only looked at";

        public bool IsLive => false;

        public IMachineControl? Machine => null;

        public void Dispose()
        {
        }
    }
}
