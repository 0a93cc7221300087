// The screen: which pane is open, what lies over it, and what keys do. From its state to a grid of cells; no terminal, no clock.
//
//   row 0        status: the box, its time and speed, where in the session it is
//   row 1        the panes, the open one marked
//   rows 2..n-2  the open pane
//   row n-1      footer: keys, or a message, or the line that is typed
//
// A picture depends on the view and on what was typed, so that going back to a moment gives the picture that was seen then.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Dialogs;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui;

public sealed partial class Screen
{
    public const int LeastWidth = 60;
    public const int LeastHeight = 16;

    private const int WheelRows = 3;
    private const int RowsAbovePane = 2;

    private readonly List<Pane> _panes = PaneList.Create();
    private readonly Stack<Pane> _visited = [];
    private readonly List<Dialog> _dialogs = [];
    private readonly List<(int From, int To, Pane Pane)> _tabs = [];
    private readonly List<(int From, int To, ScreenCommand Command)> _footerKeys = [];
    private Pane _pane;
    private Rect _paneArea;
    private string _message = "";
    private bool _isMessageWrong;
    private string _searched = "";

    public Screen(ScreenView view)
    {
        View = view;
        foreach (var name in PaneList.ByDigit)
        {
            if (_panes.Find(pane => pane.Name == name) is { } pane) Panels.Add(pane);
        }

        _pane = _panes[0];
    }

    public ScreenView View { get; }

    public Pane Pane => _pane;

    public IReadOnlyList<Pane> Panes => _panes;

    /// <summary>Something lies over the panes and takes the keys.</summary>
    public bool HasDialog => _dialogs.Count > 0;

    /// <summary>The user wants to leave; to stop the program for a while; to have all drawn anew.</summary>
    public bool WantsToQuit { get; set; }

    public bool WantsSuspend { get; set; }

    public bool WantsRedraw { get; set; }

    public ThemeName ThemeName { get; set; }

    /// <summary>Told of another theme.</summary>
    public Action<ThemeName>? ThemeChanged { get; set; }

    /// <summary>Lines entered at the console, newest last.</summary>
    public List<string> ConsoleHistory { get; } = [];

    /// <summary>Opens a pane by its name; Escape comes back.</summary>
    public void Open(string name)
    {
        foreach (var pane in _panes)
        {
            if (pane.Name != name || pane == _pane) continue;
            _visited.Push(_pane);
            _pane = pane;
            _pane.Prepare(View.Now);
            return;
        }
    }

    /// <summary>A pane by its type.</summary>
    public T Find<T>()
        where T : Pane => _panes.OfType<T>().First();

    /// <summary>Says something in the footer until the next key.</summary>
    public void Say(string message) => (_message, _isMessageWrong) = (message, false);

    /// <summary>Says that something went wrong.</summary>
    public void SayWrong(string message) => (_message, _isMessageWrong) = (message, true);

    public void Ask(Dialog dialog) => _dialogs.Add(dialog);

    /// <summary>Reads what rates will be made of, before a moment passes.</summary>
    public void Prepare(Readings.Reading reading)
    {
        _panes[0].Prepare(reading);
        if (_pane != _panes[0]) _pane.Prepare(reading);
    }

    public void Draw(Canvas canvas)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        canvas.Clear();
        var screen = canvas.Area;
        if (screen.Width < LeastWidth || screen.Height < LeastHeight)
        {
            DrawTooSmall(canvas, screen);
            return;
        }

        DrawStatus(canvas, screen.Row(0));
        DrawTabs(canvas, screen.Row(1));
        _paneArea = new Rect(0, RowsAbovePane, screen.Width, screen.Height - RowsAbovePane - 1);
        _pane.Draw(canvas, _paneArea, View);
        DrawFooter(canvas, screen.Row(screen.Height - 1));
        foreach (var dialog in _dialogs) dialog.Draw(canvas, screen, View);
    }

    /// <summary>Takes what comes from the terminal, but for sizes and signals.</summary>
    public void Take(in TerminalEvent what)
    {
        switch (what.Kind)
        {
            case TerminalEventKind.Key:
                TakeKey(what.Key);
                break;
            case TerminalEventKind.Click:
                Click(what.X, what.Y);
                break;
            case TerminalEventKind.WheelUp or TerminalEventKind.WheelDown:
                var key = new Key(what.Kind == TerminalEventKind.WheelUp ? KeyCode.Up : KeyCode.Down);
                for (var i = 0; i < WheelRows; i++) TakeKey(key);
                break;
            case TerminalEventKind.Paste when _dialogs.Count > 0:
                _dialogs[^1].Paste(what.Text ?? "");
                break;
            default:
                break;
        }
    }

    private static void DrawTooSmall(Canvas canvas, Rect screen)
    {
        var text = $"terminal too small: {screen.Width}x{screen.Height}";
        canvas.Write(screen, Math.Max((screen.Width - text.Length) / 2, 0), screen.Height / 2, text, Role.Warning);
        text = $"at least {LeastWidth}x{LeastHeight}, please";
        canvas.Write(screen, Math.Max((screen.Width - text.Length) / 2, 0), (screen.Height / 2) + 1, text);
    }

    private void TakeKey(Key key)
    {
        _message = "";
        if (key == Key.Control('z')) WantsSuspend = true;
        else if (key == Key.Control('l')) WantsRedraw = true;
        else if (_dialogs.Count > 0) TakeDialog(_dialogs[^1], dialog => dialog.Take(key, this));
        else if (KeyBindings.Find(key, _pane.IsText) is { } binding) Obey(binding);
        else if (key.IsText) Say($"{key} does nothing here: F1 lists the keys");
    }

    /// <summary>Closes a dialog that is done; what it opened meanwhile stays.</summary>
    private void TakeDialog(Dialog dialog, Func<Dialog, bool> take)
    {
        if (!take(dialog)) _dialogs.Remove(dialog);
    }

    private void Click(int x, int y)
    {
        if (_dialogs.Count > 0)
        {
            TakeDialog(_dialogs[^1], dialog => dialog.Click(x, y, this));
            return;
        }

        _message = "";
        if (y == 1)
        {
            foreach (var (from, to, pane) in _tabs)
            {
                if (x >= from && x < to) Open(pane.Name);
            }
        }
        else if (_paneArea.Contains(x, y))
        {
            _pane.Click(x - _paneArea.X, y - _paneArea.Y, this);
        }
        else if (y == _paneArea.Bottom)
        {
            foreach (var (from, to, command) in _footerKeys)
            {
                if (x >= from && x < to) Obey(KeyBindings.Of(command));
            }
        }
    }
}
