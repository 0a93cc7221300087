using VboxMem.Profiles;
using VboxMem.Session.History;
using VboxMem.Testing;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;

namespace VboxMem.Tui.Tests.Sessions;

/// <summary>A whole session: a box, its screen, a terminal in memory, and what is typed at it.</summary>
/// <remarks>
/// At full speed nobody waits, and the terminal's clock would stand still: there a second of it passes for each
/// <see cref="FullSpeed"/> seconds of the box.
/// </remarks>
internal sealed class ScreenSession : IDisposable
{
    /// <summary>What a box reaches at full speed; about that on real machines.</summary>
    public const int FullSpeed = 100;

    private TimeSpan _boxSeen;

    public ScreenSession(string profile = "default", int width = 120, int height = 40, double speed = 1)
        : this(LiveSession.Start(Load(profile)), profile, width, height, speed)
    {
    }

    /// <summary>A session that was saved, of the default box, opened at its beginning.</summary>
    public ScreenSession(SavedSession saved)
        : this(LiveSession.Open(saved, Load("default")), "saved", 120, 40, 1) => Box.IsPaused = true;

    private ScreenSession(LiveSession live, string name, int width, int height, double speed)
    {
        var history = new VboxMem.Tui.Readings.History();
        Box = new BoxSource(live, name, history) { Speed = speed };
        Terminal = new FakeTerminal(width, height);
        var reader = new ProcessReader(Box.Tree);
        Reading Read() => new(Box.Tree, reader, () => Box.Now);
        Screen = new Screen(new ScreenView { Source = Box, Now = Read(), History = history, Glyphs = Glyphs.Unicode });
        _boxSeen = Box.Now;
        Loop = new ScreenLoop(Terminal, Screen, Read, Clock);
    }

    public BoxSource Box { get; }

    public FakeTerminal Terminal { get; }

    public Screen Screen { get; }

    public ScreenLoop Loop { get; }

    public void Dispose() => Box.Dispose();

    private TimeSpan Clock()
    {
        if (double.IsInfinity(Box.Speed) && Box.Now > _boxSeen) Terminal.Pass((Box.Now - _boxSeen) / FullSpeed);
        _boxSeen = Box.Now;
        return Terminal.Clock;
    }

    private static Profile Load(string profile)
    {
        var loaded = ProfileLoader.Load(
            Path.Combine(SourceTree.Root, "profiles", profile + ".json"), [], new SortedDictionary<string, string>(StringComparer.Ordinal));
        Assert.Empty(loaded.Errors);
        return loaded.Profile!;
    }
}
