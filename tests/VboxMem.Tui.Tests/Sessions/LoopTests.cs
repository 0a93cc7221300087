// Goal: a session at the keys: speed, pause, step, quitting, signals, sizes, suspension.

using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests.Sessions;

public sealed class LoopTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(10, 50)]
    [InlineData(0.1, 0.5)]
    public void A_box_goes_at_the_speed_asked_for(double speed, double expectedSeconds)
    {
        using var session = new ScreenSession(speed: speed);
        session.Terminal.Type(5, "q");
        session.Loop.Run();
        Assert.Equal(expectedSeconds, (session.Box.Now - session.Box.Begin).TotalSeconds, expectedSeconds * 0.03);
    }

    [Fact]
    public void A_box_at_full_speed_answers_keys_and_shows_where_it_is()
    {
        using var session = new ScreenSession(speed: double.PositiveInfinity);
        var (status, seconds) = ("", 0.0);
        session.Terminal.At(3.5, () => seconds = (session.Box.Now - session.Box.Begin).TotalSeconds);
        session.Terminal.Type(0.1, "2");
        session.Terminal.At(0.1, () => status = session.Terminal.Text.Split('\n')[0]);
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.Equal(3.5 * ScreenSession.FullSpeed, seconds, 0.5 * ScreenSession.FullSpeed);
        Assert.Contains("full speed, reaches", status, StringComparison.Ordinal);
        Assert.DoesNotContain(" back", status, StringComparison.Ordinal);
        Assert.Equal("top", session.Screen.Pane.Name);
    }

    [Fact]
    public void A_paused_box_stands_still_and_goes_a_second_a_step()
    {
        using var session = new ScreenSession();
        var moments = new List<TimeSpan>();
        session.Terminal.Type(2.2, "Z");
        session.Terminal.At(3, () => moments.Add(session.Box.Now));
        session.Terminal.At(3, () => moments.Add(session.Box.Now));
        session.Terminal.Type(0.1, "s");
        session.Terminal.At(0.1, () => moments.Add(session.Box.Now));
        session.Terminal.Type(0.1, "s");
        session.Terminal.At(0.1, () => moments.Add(session.Box.Now));
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.Equal(moments[0], moments[1]);
        Assert.Equal(TimeSpan.FromSeconds(Math.Floor(moments[1].TotalSeconds) + 1), moments[2]);
        Assert.Equal(moments[2] + TimeSpan.FromSeconds(1), moments[3]);
        Assert.Contains("paused", session.Terminal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_shown_has_no_part_in_what_becomes_of_the_box()
    {
        ulong Run(params string[] keys)
        {
            using var session = new ScreenSession(speed: 10);
            foreach (var key in keys) session.Terminal.Type(0.3, key);
            session.Terminal.Type(2.0, "Z");
            session.Terminal.Type(0.1, "{");
            session.Terminal.Type(0.1, "q");
            session.Loop.Run();
            session.Box.Move(session.Box.Begin + TimeSpan.FromSeconds(15));
            return session.Box.Session.Box.ComputeStateHash();
        }

        Assert.Equal(Run(), Run("2", "4", "9", "(", "=", "Z", "8"));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1)]
    public void A_signal_ends_it(int signal)
    {
        using var session = new ScreenSession();
        session.Terminal.Send(1, new TerminalEvent(TerminalEventKind.End, Signal: signal));
        Assert.Equal(signal, session.Loop.Run().Signal);
    }

    [Fact]
    public void Any_size_is_drawn_and_too_small_ones_say_so()
    {
        using var session = new ScreenSession();
        string? small = null;
        session.Terminal.At(1, () => (session.Terminal.Width, session.Terminal.Height) = (50, 10));
        session.Terminal.At(0.2, () => small = session.Terminal.Text);
        session.Terminal.At(0.2, () => (session.Terminal.Width, session.Terminal.Height) = (200, 60));
        session.Terminal.At(0.2, () => (session.Terminal.Width, session.Terminal.Height) = (1, 1));
        session.Terminal.At(0.2, () => (session.Terminal.Width, session.Terminal.Height) = (60, 16));
        session.Terminal.Type(0.2, "q");
        session.Loop.Run();
        Assert.Contains("too small: 50x10", small, StringComparison.Ordinal);
        Assert.DoesNotContain("too small", session.Terminal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_pane_is_drawn_at_every_size()
    {
        using var session = new ScreenSession(speed: 10);
        var sizes = new Random(3);
        foreach (var pane in session.Screen.Panes)
        {
            session.Terminal.At(0.2, () => session.Screen.Open(pane.Name));
            for (var i = 0; i < 6; i++)
            {
                session.Terminal.At(0.05, () => (session.Terminal.Width, session.Terminal.Height) = (60 + sizes.Next(180), 16 + sizes.Next(60)));
                session.Terminal.Type(0.01, new Key(KeyCode.Down), new Key(KeyCode.PageDown), new Key(KeyCode.End), new Key(KeyCode.Left), new Key(KeyCode.Right));
            }
        }

        session.Terminal.Send(0.1, new TerminalEvent(TerminalEventKind.End, Signal: 15));
        Assert.Equal(15, session.Loop.Run().Signal);
    }

    [Fact]
    public void Control_z_gives_the_terminal_back()
    {
        using var session = new ScreenSession();
        session.Terminal.Type(0.5, Key.Control('z'));
        session.Terminal.Type(0.5, Key.Control('c'));
        session.Loop.Run();
        Assert.Equal(1, session.Terminal.Suspensions);
    }

    [Fact]
    public void A_command_that_waits_is_broken_off()
    {
        using var session = new ScreenSession();
        session.Terminal.Type(1, ":sleep 600\n");
        session.Terminal.Type(0.2, Key.Control('c'));
        session.Terminal.Type(0.2, "\eq");
        session.Loop.Run();
        Assert.True(session.Box.Now < TimeSpan.FromSeconds(600), $"it went on to {session.Box.Now}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.1)]
    [InlineData(10)]
    public void Between_its_moments_the_program_sleeps(double speed)
    {
        using var session = new ScreenSession(speed: speed);
        session.Terminal.Type(5, "q");
        session.Loop.Run();
        Assert.InRange(session.Terminal.Waits, 5, 300);
        Assert.True(session.Terminal.Looks < 1000, $"it looked {session.Terminal.Looks} times without waiting");
    }
}
