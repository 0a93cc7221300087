// Goal: going back shows the screen that was shown then, byte for byte, on every pane, and going on from there forks the session.

using System.Text;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Tests.Sessions;

public sealed class RewindTests
{
    /// <summary>All but the first row, which says where in the session one is, as a terminal would get it.</summary>
    private static string BytesBelowStatus(Canvas canvas)
    {
        var copy = new Canvas(0, 0);
        canvas.CopyTo(copy);
        copy.Fill(copy.Area.Row(0), ' ', Role.Text);
        return Encoding.UTF8.GetString(Picture.BytesOf(copy));
    }

    public static TheoryData<string> PaneNames()
    {
        using var session = new ScreenSession();
        return [.. session.Screen.Panes.Select(static pane => pane.Name)];
    }

    [Theory]
    [MemberData(nameof(PaneNames))]
    public void A_moment_looks_as_it_did_when_it_was_new(string pane)
    {
        using var session = new ScreenSession(speed: 1);
        var seen = new List<(TimeSpan At, string Bytes)>();
        session.Screen.Open(pane);
        for (var i = 0; i < 5; i++)
        {
            session.Terminal.At(1.5, () => seen.Add((session.Screen.View.Now.At, BytesBelowStatus(session.Terminal.Shown))));
        }

        session.Terminal.Type(0.1, "Z");
        session.Terminal.At(0.1, () => { });
        var back = new List<(TimeSpan At, string Bytes)>();
        for (var i = 0; i < 8; i++)
        {
            session.Terminal.Type(0.1, "(");
            session.Terminal.At(0.1, () => back.Add((session.Screen.View.Now.At, BytesBelowStatus(session.Terminal.Shown))));
        }

        session.Terminal.Type(0.1, "q");
        session.Loop.Run();

        var compared = 0;
        foreach (var (at, bytes) in back)
        {
            var then = seen.Find(moment => moment.At == at);
            if (then.Bytes is null || at == session.Box.Begin) continue;
            Assert.Equal(then.Bytes, bytes);
            compared++;
        }

        Assert.True(compared >= 3, $"only {compared} moments met again: seen {string.Join(' ', seen.Select(static moment => moment.At))}, back {string.Join(' ', back.Select(static moment => moment.At))}");
    }

    [Fact]
    public void Acting_in_the_past_forks_and_says_so()
    {
        using var session = new ScreenSession();
        session.Terminal.Type(4, "Z");
        session.Terminal.Type(0.1, "((");
        session.Terminal.Type(0.1, ":sysctl -w vm.swappiness=7\n");
        string? text = null;
        session.Terminal.At(0.2, () => text = session.Terminal.Text);
        session.Terminal.Type(0.1, "\eq");
        session.Loop.Run();
        Assert.Equal(1, session.Box.Forks);
        Assert.Contains($"fork 1, from {Sizes.Clock(session.Box.ForkedAt)}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_wait_are_one_way_and_not_many()
    {
        using var session = new ScreenSession(speed: 10);
        TimeSpan? paused = null, back = null;
        session.Terminal.Type(20, "Z");
        session.Terminal.At(0.1, () => paused = session.Screen.View.Now.At);
        session.Terminal.Type(0.1, "{{(");
        session.Terminal.At(0.1, () => back = session.Screen.View.Now.At);
        session.Terminal.Type(0.1, "q");
        session.Loop.Run();
        Assert.Equal(TimeSpan.FromSeconds(Math.Floor(paused!.Value.TotalSeconds) - 121), back);
    }
}
