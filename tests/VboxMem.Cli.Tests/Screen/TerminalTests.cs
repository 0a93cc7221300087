// Goal: on a real terminal the program does what the keys say, and leaves the terminal as it found it, whichever way it ends.

using System.Text.RegularExpressions;

namespace VboxMem.Cli.Tests.Screen;

public sealed class TerminalTests
{
    private static readonly string _program = $"dotnet {Path.Combine(AppContext.BaseDirectory, "vbox-mem.dll")}";

    [Fact]
    public void A_session_at_the_keys()
    {
        using var terminal = new Tmux(120, 40);
        var modes = terminal.Ask("stty -g");
        terminal.Line($"{_program} top default --speed 1");
        terminal.WaitFor("F1Help");

        foreach (var (key, pane) in new[]
        {
            ("2", "top"), ("3", "vmstat"), ("4", "zoneinfo"), ("5", "dmesg"), ("6", "slabtop"), ("7", "pressure"), ("8", "lru"), ("9", "map"), ("0", "free"), ("1", "overview"),
        })
        {
            terminal.Keys(key);
            terminal.WaitForTab(pane);
            terminal.WaitFor(PaneMark(pane));
        }

        SortFilterAndKill(terminal);
        PauseAndGoBack(terminal);
        ResizeAndSuspend(terminal);
        terminal.Keys("q");
        terminal.WaitForShell();
        Assert.Equal("0", terminal.Ask("echo $?"));
        Assert.Equal(modes, terminal.Ask("stty -g"));
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    public void A_signal_ends_it_and_the_terminal_is_as_before(string signal, int exitCode)
    {
        using var terminal = new Tmux(80, 24);
        var modes = terminal.Ask("stty -g");
        terminal.Line($"{_program} top tiny --speed max");
        terminal.WaitFor("F1Help");
        terminal.Signal(signal);
        terminal.WaitForShell();
        Assert.Equal($"{exitCode}", terminal.Ask("echo $?"));
        Assert.Equal(modes, terminal.Ask("stty -g"));
    }

    [Theory]
    [InlineData("main", "vbox-mem: a defect of vbox-mem: NullReferenceException", 70)]
    [InlineData("thread", "InvalidOperationException: thrown on a thread of its own", 134)]
    public void An_exception_is_told_on_a_terminal_as_it_was_before(string where, string told, int exitCode)
    {
        using var terminal = new Tmux(120, 40);
        var modes = terminal.Ask("stty -g");
        var sign = Path.Combine(terminal.Folder, "throw");
        terminal.Line($"export DOTNET_STARTUP_HOOKS={typeof(TerminalTests).Assembly.Location} VBOXMEM_TEST_THROW={where}:{sign}");
        terminal.Line($"{_program} top tiny; echo ended with $?");
        terminal.WaitFor("F1Help");
        File.WriteAllText(sign, "");
        var shown = terminal.WaitFor($"ended with {exitCode}");
        Assert.Contains(told, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("F1Help", shown, StringComparison.Ordinal);
        Assert.Equal("alternate 0, mouse 0, cursor 1", terminal.State);
        Assert.Equal(modes, terminal.Ask("stty -g"));
    }

    [Fact]
    public void Control_c_quits()
    {
        using var terminal = new Tmux(80, 24);
        var modes = terminal.Ask("stty -g");
        terminal.Line($"{_program} top tiny");
        terminal.WaitFor("F1Help");
        terminal.Keys("C-c");
        terminal.WaitForShell();
        Assert.Equal(modes, terminal.Ask("stty -g"));
    }

    [Fact]
    public void The_host_is_looked_at_and_not_touched()
    {
        using var terminal = new Tmux(120, 40);
        terminal.Line($"{_program} top --root /");
        terminal.WaitFor("read-only");
        terminal.Keys("2");
        terminal.WaitFor("COMMAND");
        terminal.Keys("F9");
        terminal.WaitFor("read-only host");
        terminal.Keys("q");
        terminal.WaitForShell();
    }

    [Fact]
    public void A_session_is_recorded_and_opened_again()
    {
        using var terminal = new Tmux(120, 40);
        var file = Path.Combine(terminal.Folder, "session");
        terminal.Line($"{_program} top tiny --speed 10 --record {file}");
        terminal.WaitFor("F1Help");
        terminal.Type(":sysctl -w vm.swappiness=33");
        terminal.Keys("Enter");
        terminal.WaitFor("vm.swappiness = 33");
        terminal.Keys("q");
        terminal.WaitForShell();
        Assert.Equal("0", terminal.Ask("echo $?"));   // the file is written after the screen is left
        var replay = VboxMemProcess.Run("replay", file);
        Assert.True(replay.Code == 0, replay.Error);
        terminal.Line($"{_program} top --replay {file}");
        terminal.WaitFor(IsInPast, "the beginning of the session");
        terminal.Keys("=");
        terminal.WaitFor(screen => !IsInPast(screen), "the end of the session");
        terminal.Type(":sysctl vm.swappiness");
        terminal.Keys("Enter");
        terminal.WaitFor("vm.swappiness = 33");
        terminal.Keys("q");
        terminal.WaitForShell();
    }

    [Fact]
    public void In_a_pipe_and_on_a_dumb_terminal_it_says_why_not()
    {
        var ending = VboxMemProcess.Run("top");
        Assert.Equal((2, ""), (ending.Code, ending.Out));
        Assert.Contains("needs a terminal", ending.Error, StringComparison.Ordinal);
        Assert.Equal(2, VboxMemProcess.Run().Code);
        using var terminal = new Tmux(80, 24);
        terminal.Line($"TERM=dumb {_program}; echo code $?");
        Assert.Contains("TERM is dumb", terminal.WaitFor("code 2"), StringComparison.Ordinal);
    }

    private static void SortFilterAndKill(Tmux terminal)
    {
        terminal.Keys("2", "M", "\\");
        terminal.WaitFor("filter: ");
        terminal.Type("name = sshd");
        terminal.Keys("Enter");
        terminal.WaitFor(screen => screen.Contains("/usr/sbin/sshd", StringComparison.Ordinal) && !screen.Contains("nginx", StringComparison.Ordinal), "sshd alone");
        terminal.Keys("Escape");   // alone, until it has been taken: what comes within moments of it belongs to it
        terminal.WaitFor("nginx");
        terminal.Keys("\\");
        terminal.WaitFor("filter: ");
        terminal.Type("name = redis-server");
        terminal.Keys("Enter");
        terminal.WaitFor(shown => shown.Contains("/usr/bin/redis-server", StringComparison.Ordinal) && !shown.Contains("nginx", StringComparison.Ordinal), "redis-server alone");
        terminal.Keys("k");
        terminal.WaitFor("SIGKILL");
        terminal.Type("SIGK");
        terminal.Keys("Enter");
        terminal.WaitFor(static shown => Regex.IsMatch(shown, @"kill -KILL \d+: done"), "the signal sent");
        terminal.Keys("Escape");
        terminal.WaitFor("nginx");
    }

    private static void PauseAndGoBack(Tmux terminal)
    {
        terminal.Keys("Z");
        terminal.WaitFor("paused");
        terminal.Keys("(");
        terminal.WaitFor(IsInPast, "the past");
        terminal.Keys("=");
        terminal.WaitFor(screen => !IsInPast(screen), "the front again");
        terminal.Keys("Z");
        terminal.WaitFor(screen => !screen.Contains("paused", StringComparison.Ordinal), "a box that runs");
    }

    private static void ResizeAndSuspend(Tmux terminal)
    {
        terminal.Resize(50, 12);
        terminal.WaitFor("too small");
        terminal.Resize(80, 24);
        terminal.WaitFor("F1Help");
        terminal.Keys("C-z");
        terminal.WaitFor("Stopped");
        Assert.Contains("icanon", terminal.Ask("stty -a").Replace("-icanon", "", StringComparison.Ordinal), StringComparison.Ordinal);
        terminal.Line("fg");
        terminal.WaitFor("F1Help");
    }

    /// <summary>As the first row has it; a process may be called so too.</summary>
    private static bool IsInPast(string screen) => screen.Split('\n')[0].Contains(" back", StringComparison.Ordinal);

    private static string PaneMark(string pane) => pane switch
    {
        "top" => "WCHAN",
        "vmstat" => "swpd",
        "zoneinfo" => "DMA32",
        "dmesg" => "facility",
        "slabtop" => "dentry",
        "pressure" => "avg300",
        "lru" => "inactive",
        "map" => "a cell",
        "free" => "available",
        _ => "kernel log",
    };
}
