using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace VboxMem.Cli.Tests.Screen;

/// <summary>A real terminal: a shell in a tmux of its own, typed at and looked at from outside.</summary>
internal sealed class Tmux : IDisposable
{
    /// <summary>How long something on the screen is waited for. It comes much sooner; a busy machine is no failure.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    private readonly string _socket = "vbox-mem-test-" + Guid.NewGuid().ToString("N")[..8];

    public Tmux(int width, int height)
    {
        Directory.CreateDirectory(Folder);
        Command("-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", Number(width), "-y", Number(height), "env LC_ALL=C.UTF-8 PS1='$ ' bash --norc");
        Command("set-option", "-g", "escape-time", "0");
        WaitFor("$");
    }

    /// <summary>A directory of this terminal's own.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("vbox-mem-screen-").FullName;

    public string Text => Command("capture-pane", "-p", "-t", "t");

    /// <summary>What a program has switched on and off.</summary>
    public string State => Command("display-message", "-p", "-t", "t", "alternate #{alternate_on}, mouse #{mouse_any_flag}, cursor #{cursor_flag}").Trim();

    /// <summary>Types keys by tmux's names, such as F9, Escape, C-c; anything else is typed letter by letter.</summary>
    public void Keys(params string[] keys) => Command(["send-keys", "-t", "t", .. keys]);

    public void Type(string text) => Command("send-keys", "-t", "t", "-l", text);

    /// <summary>Types a line at the shell.</summary>
    public void Line(string text)
    {
        Type(text);
        Keys("Enter");
    }

    public void Resize(int width, int height) => Command("resize-window", "-t", "t", "-x", Number(width), "-y", Number(height));

    /// <summary>Waits until the screen shows something.</summary>
    /// <returns>The screen then.</returns>
    public string WaitFor(string text) => WaitFor(screen => screen.Contains(text, StringComparison.Ordinal), $"\"{text}\" on it");

    public string WaitFor(Func<string, bool> isThere, string what)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var screen = Text;
            if (isThere(screen)) return screen;
            if (clock.Elapsed > _patience) Assert.Fail($"the screen never came to have {what}:\n{screen}");
            Thread.Sleep(30);
        }
    }

    /// <summary>Waits until a pane's tab is the one that is marked: by its ground (cyan; 80 of 256 colours), whatever the pane itself shows.</summary>
    public void WaitForTab(string pane)
    {
        var clock = Stopwatch.StartNew();
        while (!Regex.IsMatch(Command("capture-pane", "-p", "-e", "-t", "t").Split('\n')[1], $@"\e\[(46|[0-9;]*48;5;80)m(\e\[[0-9;]*m)* \d {pane}\b"))
        {
            if (clock.Elapsed > _patience) Assert.Fail($"the tab of {pane} was never marked:\n{Text}");
            Thread.Sleep(30);
        }
    }

    /// <summary>Waits until the program has given the terminal back.</summary>
    public void WaitForShell()
    {
        var clock = Stopwatch.StartNew();
        while (!State.StartsWith("alternate 0", StringComparison.Ordinal))
        {
            if (clock.Elapsed > _patience) Assert.Fail($"the program never left the screen:\n{Text}");
            Thread.Sleep(30);
        }
    }

    /// <summary>Runs a line in the shell and returns what it printed.</summary>
    public string Ask(string line)
    {
        var file = Path.Combine(Folder, "answer");
        File.Delete(file);
        Line($"{line} > {file}.new; mv {file}.new {file}");
        var clock = Stopwatch.StartNew();
        while (!File.Exists(file))
        {
            if (clock.Elapsed > _patience) Assert.Fail($"no answer to {line}:\n{Text}");
            Thread.Sleep(20);
        }

        return File.ReadAllText(file).Trim();
    }

    /// <summary>Signals the program that the shell runs.</summary>
    public void Signal(string signal)
    {
        var shell = Command("display-message", "-p", "-t", "t", "#{pane_pid}").Trim();
        using var process = Process.Start("pkill", [$"-{signal}", "-P", shell]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    public void Dispose()
    {
        Command("kill-server");
        Directory.Delete(Folder, recursive: true);
    }

    private string Command(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("tmux", ["-L", _socket, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
