using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests.Sessions;

/// <summary>
/// A terminal in memory, with the clock that the loop goes by: keys come at their moments, and waiting lets that clock pass. So a session
/// of minutes takes as long as its simulation, and is the same each time.
/// </summary>
internal sealed class FakeTerminal(int width, int height) : ITerminal
{
    private readonly Queue<(TimeSpan At, Func<TerminalEvent> What)> _events = new();
    private TimeSpan _last;

    public int Width { get; set; } = width;

    public int Height { get; set; } = height;

    public TimeSpan Clock { get; private set; }

    /// <summary>What is shown.</summary>
    public Canvas Shown { get; } = new(0, 0);

    public int Suspensions { get; private set; }

    /// <summary>How often it was waited for something, and how often only looked.</summary>
    public int Waits { get; private set; }

    public int Looks { get; private set; }

    public string Text => Picture.TextOf(Shown);

    /// <summary>Types keys, some time after what was typed before.</summary>
    public void Type(double secondsLater, params ReadOnlySpan<Key> keys)
    {
        _last += TimeSpan.FromSeconds(secondsLater);
        foreach (var key in keys)
        {
            var typed = key;
            _events.Enqueue((_last, () => new TerminalEvent(TerminalEventKind.Key, typed)));
        }
    }

    public void Type(double secondsLater, string text)
    {
        _last += TimeSpan.FromSeconds(secondsLater);
        foreach (var letter in text)
        {
            var key = letter == '\n' ? new Key(KeyCode.Enter) : letter == '\e' ? new Key(KeyCode.Escape) : Key.Of(letter);
            _events.Enqueue((_last, () => new TerminalEvent(TerminalEventKind.Key, key)));
        }
    }

    /// <summary>Does something at a moment, between two frames: looks, or changes the size.</summary>
    public void At(double secondsLater, Action look)
    {
        _last += TimeSpan.FromSeconds(secondsLater);
        _events.Enqueue((_last, () =>
        {
            look();
            return new TerminalEvent(TerminalEventKind.Resize);
        }));
    }

    public void Send(double secondsLater, TerminalEvent what)
    {
        _last += TimeSpan.FromSeconds(secondsLater);
        _events.Enqueue((_last, () => what));
    }

    public void Present(Canvas canvas)
    {
        if (canvas.Width > 0) canvas.CopyTo(Shown);
    }

    public bool TryRead(TimeSpan timeout, out TerminalEvent what)
    {
        what = default;
        if (timeout > TimeSpan.Zero) Waits++;
        else Looks++;
        var end = Clock + timeout;
        if (_events.TryPeek(out var next) && next.At <= end)
        {
            if (next.At > Clock) Clock = next.At;
            what = _events.Dequeue().What();
            return true;
        }

        // Who does not wait is simulating: that takes time too.
        Clock = timeout > TimeSpan.Zero ? end : Clock + TimeSpan.FromMilliseconds(0.5);
        return false;
    }

    /// <summary>Lets its clock pass for work that somebody does.</summary>
    public void Pass(TimeSpan time) => Clock += time;

    public void Suspend() => Suspensions++;
}
