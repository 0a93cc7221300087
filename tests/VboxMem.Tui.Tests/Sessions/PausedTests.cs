// Goal: a box that is stopped shows the very moment it has come to, on every pane with its rates; one that runs answers dialogs with what is
// true now.

using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests.Sessions;

public sealed class PausedTests
{
    [Fact]
    public void A_pause_at_a_high_speed_shows_where_the_box_stands()
    {
        using var session = new ScreenSession(speed: 60);
        session.Terminal.Type(1.3, "Z");
        session.Terminal.At(0.1, () =>
        {
            Assert.Equal(session.Box.Now, session.Screen.View.Now.At);
            Assert.DoesNotContain(" back", session.Terminal.Text.Split('\n')[0], StringComparison.Ordinal);
        });
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.Contains("paused", session.Terminal.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lru")]
    [InlineData("vmstat")]
    [InlineData("pressure")]
    public void A_pane_that_is_opened_while_paused_has_its_rates(string pane)
    {
        using var session = new ScreenSession(speed: 10);
        var (paused, running) = ("", "");
        session.Screen.Open(pane);
        session.Terminal.Type(3.05, "Z");
        session.Terminal.At(0.1, () => running = Below(session));
        session.Terminal.Type(0.1, "6");
        session.Terminal.At(0.1, () => session.Screen.Open(pane));
        session.Terminal.At(0.1, () => paused = Below(session));
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.Equal(running, paused);
    }

    [Fact]
    public void Dialogs_over_a_box_that_runs_say_what_is_true_now()
    {
        using var session = new ScreenSession(speed: 60);
        var (swap, tunables, wrong) = ("", "", "");
        session.Terminal.Type(1, "W");
        session.Terminal.At(0.3, () => swap = session.Terminal.Text);
        session.Terminal.Type(0.1, "\ee");
        session.Terminal.At(0.3, () => tunables = session.Terminal.Text);
        session.Terminal.Type(0.1, "swappi\n6000\n");
        session.Terminal.At(0.3, () => wrong = session.Terminal.Text);
        session.Terminal.Type(0.1, "\eq");
        session.Loop.Run();
        Assert.Contains("swapoff /dev/vdb", swap, StringComparison.Ordinal);
        Assert.Contains("acts on nothing here", tunables, StringComparison.Ordinal);
        Assert.Contains("Allowed: 0 to 200", wrong, StringComparison.Ordinal);
        Assert.Contains("vm.swappiness = 6000", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_waits_says_so_in_the_footer()
    {
        using var session = new ScreenSession();
        var seen = "";
        session.Terminal.Type(1, ":sleep 100000\n");
        session.Terminal.Type(3, Key.Control('c'));
        session.Terminal.At(0.1, () => seen = session.Terminal.Text);
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.Contains("sleep 100000: broken off", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void The_way_to_the_front_of_a_saved_session_can_be_broken_off()
    {
        using var made = new ScreenSession();
        made.Box.AdvanceTo(TimeSpan.FromMinutes(2));
        using var session = new ScreenSession(made.Box.Session.Save());
        var (onTheWay, said, end) = (TimeSpan.Zero, "", TimeSpan.Zero);
        session.Terminal.Type(1, "=");
        session.Terminal.Type(0.02, Key.Control('c'));
        session.Terminal.At(0.01, () => (onTheWay, said) = (session.Box.Now, session.Terminal.Text));
        session.Terminal.Type(0.1, "=");
        session.Terminal.At(0.5, () => end = session.Box.Now);
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.InRange(onTheWay, session.Box.Begin + TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Contains("broken off", said, StringComparison.Ordinal);
        Assert.Equal(session.Box.Front, end);
    }

    [Fact]
    public void What_is_typed_on_the_way_is_done_on_arrival()
    {
        using var made = new ScreenSession();
        made.Box.AdvanceTo(TimeSpan.FromMinutes(2));
        using var session = new ScreenSession(made.Box.Session.Save());
        var (pane, end) = ("", TimeSpan.Zero);
        session.Terminal.Type(1, "=");
        session.Terminal.Type(0.02, "4");
        session.Terminal.At(0.5, () => (pane, end) = (session.Screen.Pane.Name, session.Box.Now));
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.Equal("zoneinfo", pane);
        Assert.Equal(session.Box.Front, end);
    }

    [Fact]
    public void A_box_that_has_panicked_says_so_whenever_one_comes_back_to_its_end()
    {
        using var session = new ScreenSession("noswap", speed: 60);
        session.Box.Obey("sysctl vm.panic_on_oom=2", out _);
        session.Box.AdvanceTo(TimeSpan.FromMinutes(10));
        Assert.True(session.Box.HasPanicked);
        var (past, end, step) = ("", "", "");
        session.Screen.Open("dmesg");
        session.Terminal.Type(0.5, "{");
        session.Terminal.At(0.1, () => past = session.Terminal.Text);
        session.Terminal.Type(0.1, "=");
        session.Terminal.At(0.1, () => end = session.Terminal.Text);
        session.Terminal.Type(0.1, "s");
        session.Terminal.At(0.1, () => step = session.Terminal.Text);
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.DoesNotContain("PANIC", past, StringComparison.Ordinal);
        Assert.Contains("PANIC", end, StringComparison.Ordinal);
        Assert.Contains("Kernel panic - not syncing", end, StringComparison.Ordinal);
        Assert.Contains("the box has panicked", step, StringComparison.Ordinal);
    }

    private static string Below(ScreenSession session) => string.Join('\n', session.Terminal.Text.Split('\n')[1..]);
}
