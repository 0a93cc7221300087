// What keeps the screen going: lets the box run as fast as it shall, takes what is typed, draws when there is something new.
//
// One thread does it all. The box runs in slices of a few milliseconds, so that a key is answered at once at any speed; a frame is due once
// a period of real time, and shows a moment of the box's grid beside the moment before (BoxSource), which was read for that.
//
// Invariants
//   L1  A frame shows one moment. While the box runs on, keys redraw that frame; what it did not read in time is read anew, all of it.
//   L2  Nothing that is drawn or typed at changes what the box becomes, but for what is done to it.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui;

/// <summary>How a screen ended.</summary>
/// <param name="Signal">The signal that ended it; 0: the user did.</param>
public readonly record struct ScreenEnd(int Signal);

public sealed class ScreenLoop
{
    /// <summary>How long the box may run before keys are looked at.</summary>
    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(4);

    /// <summary>How often a box that need not run all the time is brought up to date.</summary>
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the box runs towards a moment before keys are looked at.</summary>
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(10);

    private readonly ITerminal _terminal;
    private readonly Screen _screen;
    private readonly ISource _source;
    private readonly Func<TimeSpan> _clock;
    private readonly Func<Reading> _read;
    private readonly Canvas _canvas = new(0, 0);
    private readonly BoxPace? _pacer;
    private readonly Queue<TerminalEvent> _held = new();   // typed while the box was on its way
    private Reading? _prepared;
    private Pane? _preparedPane;
    private Pane? _drawnPane;
    private TimeSpan _nextFrame;
    private bool _isFrameDue = true;
    private bool _isDirty;
    private bool _isSaid;
    private int? _endSignal;

    /// <param name="terminal">Where it is shown.</param>
    /// <param name="screen">What is shown.</param>
    /// <param name="read">Makes a reading of now.</param>
    /// <param name="clock">Real time since some moment.</param>
    public ScreenLoop(ITerminal terminal, Screen screen, Func<Reading> read, Func<TimeSpan> clock)
    {
        (_terminal, _screen, _read, _clock) = (terminal, screen, read, clock);
        _source = screen.View.Source;
        if (_source is BoxSource box)
        {
            _pacer = new BoxPace(box, clock);
            box.GoesOn = GoesOn;
        }
    }

    /// <summary>Real time between frames.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Runs until somebody ends it.</summary>
    public ScreenEnd Run()
    {
        _nextFrame = _clock() + Period;
        Draw();
        while (!_screen.WantsToQuit && _endSignal is null)
        {
            if (_pacer is not null && RunBox()) _isFrameDue = true;
            else if (_pacer is null && _source.IsLive && _clock() >= _nextFrame) ReadTree();
            if (_isFrameDue || _isDirty) Draw();
            TakeEvents(_isFrameDue ? TimeSpan.Zero : WaitTime());
        }

        return new ScreenEnd(_endSignal ?? 0);
    }

    private void TakeEvents(TimeSpan wait)
    {
        while (_endSignal is null && !_screen.WantsToQuit && (_held.TryDequeue(out var what) || _terminal.TryRead(wait, out what)))
        {
            wait = TimeSpan.Zero;
            _isDirty = true;
            if (_source is BoxSource { Goal: not null } waiting && !IsTravel(what)) ShowAfter(waiting);
            if (what.Kind == TerminalEventKind.End) _endSignal = what.Signal;
            else if (what.Kind != TerminalEventKind.Resize) _screen.Take(what);
            if (_screen.WantsSuspend)
            {
                _screen.WantsSuspend = false;
                _terminal.Suspend();
                _pacer?.Anchor();
            }
        }

        if (_source is BoxSource box) ShowAfter(box);
    }

    /// <summary>Keys that only change where to go are added up: ten minutes back are one way, not ten.</summary>
    private bool IsTravel(in TerminalEvent what) =>
        what.Kind == TerminalEventKind.Key && !_screen.HasDialog && KeyBindings.Find(what.Key)?.Group == BindingGroup.Machine;

    /// <summary>Lets the box run for a slice.</summary>
    /// <returns>Whether a frame is to be drawn.</returns>
    private bool RunBox()
    {
        var box = _pacer!.Box;
        if (box.IsPaused || box.HasPanicked)
        {
            _pacer.Anchor();
            return false;
        }

        var end = _clock() + _slice;
        while (_clock() < end && _pacer.Run())
        {
            if (box.Now == _pacer.GridMoment && ArriveAtGrid(box)) return true;
        }

        if (box.HasPanicked) _screen.View.Now = _read();
        return box.HasPanicked;
    }

    /// <summary>A moment of the grid: it may be one to show, or the one before that.</summary>
    private bool ArriveAtGrid(BoxSource box)
    {
        var now = _clock();
        var isDue = now >= _nextFrame;
        if (!isDue && now + _pacer!.TimeToNextGrid < _nextFrame) return false;
        var reading = _read();
        var isShown = isDue && (_prepared?.At == box.Now - box.Interval || _prepared is null);
        if (isShown)
        {
            _screen.View.Before = _prepared;
            _screen.View.Now = reading;
            _nextFrame = now > _nextFrame + Period ? now + Period : _nextFrame + Period;
            _pacer!.Measure();
        }

        Prepare(reading);
        return isShown;
    }

    /// <summary>Has the open pane read what it makes rates of.</summary>
    private void Prepare(Reading reading)
    {
        _screen.Prepare(reading);
        (_prepared, _preparedPane) = (reading, _screen.Pane);
    }

    /// <summary>The host's tree at another moment.</summary>
    private void ReadTree()
    {
        (_source as TreeSource)?.Advance();
        _screen.View.Before = _screen.View.Now;
        _screen.View.Now = _read();
        _screen.View.History.Take(_screen.View.Now);
        var now = _clock();
        _nextFrame = now > _nextFrame + Period ? now + Period : _nextFrame + Period;
        _isFrameDue = true;
    }

    /// <summary>Shows what came of a key: it is another moment, something was done, or what was not read of the moment before is needed.</summary>
    private void ShowAfter(BoxSource box)
    {
        if ((box.IsPaused || box.HasPanicked) && (_screen.Pane != _preparedPane || _screen.View.Now.At != box.Now))
        {
            if (_screen.Pane != _preparedPane) _prepared = null;
            box.Goal ??= box.Now;
        }

        if (box.Goal is { } goal) Go(box, goal);
        else if (!box.HasChanged) return;
        (box.Goal, box.HasChanged) = (null, false);
        _pacer!.Anchor();
        if (_prepared?.At < box.Now) _screen.View.Before = _prepared;
        else if (_screen.View.Now.At != box.Now) _screen.View.Before = null;   // else it is the moment that is shown, and what it was beside
        _screen.View.Now = _read();
        _isFrameDue = true;
    }

    /// <summary>Goes to a moment by way of the one of the grid before it, which its rates are made with; Ctrl-C ends it on the way.</summary>
    private void Go(BoxSource box, TimeSpan goal)
    {
        _isSaid = false;
        var before = box.LastOfGridBefore(goal);
        if (_prepared?.At != before)
        {
            _prepared = null;
            if (before >= box.Begin)
            {
                if (!MoveTo(box, before)) return;
                Prepare(_read());
            }
        }

        _preparedPane = _screen.Pane;
        if (MoveTo(box, goal) && _isSaid) _screen.Say("");
    }

    /// <summary>Where the box has been it is gone to; beyond that, be it recorded or new, it runs on, in steps that can be broken off.</summary>
    private bool MoveTo(BoxSource box, TimeSpan moment)
    {
        box.Move(moment < box.Reached ? moment : box.Reached);
        while (box.Now < moment)
        {
            if (!box.AdvanceTo(moment - box.Now < _step ? moment : box.Now + _step)) break;
            if (box.Now < moment && !GoesOn()) return false;
        }

        if (moment >= box.Front) box.Move(moment);
        return true;
    }

    private void Draw()
    {
        if (_screen.WantsRedraw)
        {
            _canvas.Resize(0, 0);
            _terminal.Present(_canvas);
            _screen.WantsRedraw = false;
        }

        _canvas.Resize(_terminal.Width, _terminal.Height);
        // Another pane wants what was not read while the box stood there: to draw it just to find that out would take as long again.
        if (_screen.Pane != _drawnPane && _screen.View.Now.At != _source.Now) ReadAnew();
        _screen.Draw(_canvas);
        if (_screen.View.Now.IsStale)
        {
            ReadAnew();
            _screen.Draw(_canvas);
        }

        _drawnPane = _screen.Pane;
        _terminal.Present(_canvas);
        _isFrameDue = _isDirty = false;
    }

    private void ReadAnew()
    {
        _screen.View.Before = _prepared?.At < _source.Now ? _prepared : _screen.View.Before;
        _screen.View.Now = _read();
    }

    /// <summary>A command, or a way into what is recorded, lets time pass: keys are looked at for Ctrl-C, and frames go on.</summary>
    private bool GoesOn()
    {
        while (_terminal.TryRead(TimeSpan.Zero, out var what))
        {
            if (what.Kind == TerminalEventKind.End) _endSignal = what.Signal;
            if (_endSignal is not null) return false;
            if (what.Kind != TerminalEventKind.Key || what.Key != Key.Control('c'))
            {
                _held.Enqueue(what);
                continue;
            }

            _held.Clear();   // whoever breaks off does not mean what he typed before
            _screen.Say("broken off");
            return false;
        }

        if (_clock() >= _nextFrame)
        {
            _screen.View.Before = null;
            _screen.View.Now = _read();
            _screen.Say("running; Ctrl-C breaks it off");
            _isSaid = true;
            Draw();
            _nextFrame = _clock() + Period;
        }

        return true;
    }

    private TimeSpan WaitTime()
    {
        if (_pacer is { } pacer)
        {
            if (pacer.Box.IsPaused || pacer.Box.HasPanicked) return _longestWait;
            if (pacer.IsBehind) return TimeSpan.Zero;
            var untilGrid = pacer.UntilNextGrid;
            return untilGrid < _pace ? untilGrid : _pace;
        }

        if (!_source.IsLive) return _longestWait;
        var left = _nextFrame - _clock();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
