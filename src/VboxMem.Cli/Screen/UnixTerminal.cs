// The real terminal: its modes, its alternate screen, its keys and signals.
//
// Invariants
//   T1  However the program ends, but for SIGKILL, the terminal's modes and screen are as they were found: Dispose restores them, and runs
//       on every way out, an exception's too (TerminalGuard); an exception on a thread that is none of ours is heard of before it ends
//       the program.
//   T2  Signals only leave a note and wake the reader; all else happens on the thread that owns the terminal.
//
//   T3  What is typed before the screen is there, or after it is left, is not thrown away (TCSADRAIN, as ncurses does, not TCSAFLUSH).
//
// Raw modes take Ctrl-C and Ctrl-Z as keys. Source: termios(3), xterm's control sequences.

using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;

namespace VboxMem.Cli.Screen;

[SupportedOSPlatform("linux")]
internal sealed unsafe class UnixTerminal : ITerminal, IDisposable
{
    private const uint InputOff = 0x1 | 0x2 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;   // IGNBRK BRKINT PARMRK INPCK ISTRIP INLCR IGNCR ICRNL IXON
    private const uint LocalOff = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;   // ISIG ICANON ECHO ECHONL IEXTEN
    private const int LeastCharacters = 6;   // VMIN
    private const int ReadTimeout = 5;   // VTIME

    /// <summary>How long a lone Escape waits for what might belong to it.</summary>
    private const int EscapeMilliseconds = 30;

    private readonly ScreenWriter _writer;
    private readonly KeyDecoder _decoder = new();
    private readonly Queue<TerminalEvent> _events = new();
    private readonly List<TerminalEvent> _decoded = [];
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly LibC.TerminalModes _found;
    private readonly int[] _wake = new int[2];
    private readonly Lock _screen = new();   // so that nothing is drawn after the terminal was left
    private int _endSignal;
    private int _hasNews;
    private int _wasStopped;
    private int _wantsStop;
    private bool _isEntered;

    public UnixTerminal(Theme theme)
    {
        _writer = new ScreenWriter(theme);
        if (LibC.GetModes(LibC.StandardInput, out _found) != 0) throw new IOException("the terminal does not tell its modes");
        fixed (int* ends = _wake)
        {
            if (LibC.Pipe(ends) != 0) throw new IOException("no pipe to be had");
        }

        ReadSize();
        Listen();
        AppDomain.CurrentDomain.UnhandledException += LeaveForGood;
        Enter();
    }

    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten { get; private set; }

    public Theme Theme
    {
        set
        {
            _writer.Theme = value;
            _writer.Forget();
        }
    }

    /// <summary>Whether both ends of the program are a terminal.</summary>
    public static bool IsThere => LibC.IsTerminal(LibC.StandardInput) == 1 && LibC.IsTerminal(LibC.StandardOutput) == 1;

    public void Present(Canvas canvas)
    {
        lock (_screen)
        {
            if (canvas.Width == 0) _writer.Forget();
            else if (_isEntered) Write(_writer.Update(canvas));
        }
    }

    public bool TryRead(TimeSpan timeout, out TerminalEvent what)
    {
        // Rounded up: who comes back too early only asks again, all the time, until it is time.
        var end = Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
        while (!_events.TryDequeue(out what))
        {
            TakeNews();
            if (_events.Count > 0) continue;
            var left = (int)Math.Clamp(end - Environment.TickCount64, 0, int.MaxValue);
            var isEscape = _decoder.IsWaiting;
            if (ReadKeys(isEscape ? EscapeMilliseconds : left) == 0)
            {
                if (isEscape) Decode([], isFinal: true);
                else if (left == 0 && _events.Count == 0 && Volatile.Read(ref _hasNews) == 0) return false;
            }
        }

        return true;
    }

    public void Suspend()
    {
        Leave();
        _ = LibC.Kill(0, LibC.Sigstop);   // the whole job, as the terminal's driver does
        Volatile.Write(ref _wasStopped, 0);
        Enter();
    }

    public void Dispose()
    {
        Leave();
        AppDomain.CurrentDomain.UnhandledException -= LeaveForGood;
        foreach (var signal in _signals) signal.Dispose();
        _ = LibC.Close(_wake[0]);
        _ = LibC.Close(_wake[1]);
    }

    private void Listen()
    {
        On(PosixSignal.SIGTERM, () => _endSignal = 15);
        On(PosixSignal.SIGHUP, () => _endSignal = 1);
        On(PosixSignal.SIGINT, () => _endSignal = 2);
        On(PosixSignal.SIGQUIT, () => _endSignal = 3);
        On(PosixSignal.SIGWINCH, static () => { });
        On(PosixSignal.SIGTSTP, () => _wantsStop = 1);
        On(PosixSignal.SIGCONT, () => _wasStopped = 1);
    }

    private void On(PosixSignal signal, Action note) => _signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        note();
        Volatile.Write(ref _hasNews, 1);
        byte one = 1;
        _ = LibC.Write(_wake[1], &one, 1);
    }));

    /// <summary>Takes what signals have left.</summary>
    private void TakeNews()
    {
        if (Interlocked.Exchange(ref _hasNews, 0) == 0) return;
        if (Volatile.Read(ref _endSignal) is > 0 and var signal) _events.Enqueue(new TerminalEvent(TerminalEventKind.End, Signal: signal));
        if (Interlocked.Exchange(ref _wantsStop, 0) == 1) _events.Enqueue(new TerminalEvent(TerminalEventKind.Key, Key.Control('z')));
        if (Interlocked.Exchange(ref _wasStopped, 0) == 1) Enter();
        ReadSize();
        _events.Enqueue(new TerminalEvent(TerminalEventKind.Resize));
    }

    private void Enter()
    {
        var raw = _found;
        raw.Input &= ~InputOff;
        raw.Local &= ~LocalOff;
        raw.Characters[LeastCharacters] = 0;
        raw.Characters[ReadTimeout] = 0;
        _ = LibC.SetModes(LibC.StandardInput, LibC.DrainAndSet, raw);
        Write("\e[?1049h\e[?25l\e[?1000h\e[?1006h\e[?2004h"u8);
        _writer.Forget();
        _isEntered = true;
    }

    private void Leave()
    {
        lock (_screen)
        {
            if (!_isEntered) return;
            _isEntered = false;
            Write("\e[?2026l\e[?2004l\e[?1006l\e[?1000l\e[0m\e[?25h\e[?1049l"u8);
            _ = LibC.SetModes(LibC.StandardInput, LibC.DrainAndSet, _found);
        }
    }

    private void LeaveForGood(object sender, UnhandledExceptionEventArgs what) => Leave();

    private void ReadSize()
    {
        var isKnown = LibC.ReadSize(LibC.StandardOutput, LibC.GetWindowSize, out var size) == 0 && size is { Columns: > 0, Rows: > 0 };
        (Width, Height) = isKnown ? (size.Columns, size.Rows) : (80, 24);
    }

    /// <returns>Bytes read; 0: nothing came in time.</returns>
    private int ReadKeys(int milliseconds)
    {
        var files = stackalloc LibC.PollFile[2];
        files[0] = new LibC.PollFile { File = LibC.StandardInput, Asked = LibC.PollIn };
        files[1] = new LibC.PollFile { File = _wake[0], Asked = LibC.PollIn };
        if (LibC.Poll(files, 2, milliseconds) <= 0) return 0;
        const int Room = 4096;
        var bytes = stackalloc byte[Room];
        if (files[1].Came != 0) _ = LibC.Read(_wake[0], bytes, 64);
        if (files[0].Came == 0) return 0;
        var count = (int)LibC.Read(LibC.StandardInput, bytes, Room);
        if (count > 0) Decode(new ReadOnlySpan<byte>(bytes, count), isFinal: false);
        else if (count == 0 || Marshal.GetLastPInvokeError() is not (LibC.Eintr or LibC.Eagain)) NoteHangup();
        return Math.Max(count, 0);
    }

    /// <summary>The terminal is gone.</summary>
    private void NoteHangup() => _events.Enqueue(new TerminalEvent(TerminalEventKind.End, Signal: 1));

    private void Decode(ReadOnlySpan<byte> bytes, bool isFinal)
    {
        _decoded.Clear();
        if (isFinal) _decoder.Flush(_decoded);
        else _decoder.Feed(bytes, _decoded);
        foreach (var what in _decoded) _events.Enqueue(what);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        BytesWritten += bytes.Length;
        fixed (byte* start = bytes)
        {
            for (var at = 0; at < bytes.Length;)
            {
                var written = LibC.Write(LibC.StandardOutput, start + at, (nuint)(bytes.Length - at));
                if (written > 0) at += (int)written;
                else if (Marshal.GetLastPInvokeError() == LibC.Eagain) Thread.Sleep(1);
                else if (Marshal.GetLastPInvokeError() != LibC.Eintr)
                {
                    NoteHangup();
                    return;
                }
            }
        }
    }
}
