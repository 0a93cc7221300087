// Goal: what stands around the panes can be read at any size: which pane is open, what is wrong, what a key would do or not do.

using VboxMem.Testing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests;

public sealed class ScreenFrameTests
{
    public static TheoryData<int, int> Sizes { get; } = new() { { 60, 16 }, { 72, 20 }, { 80, 24 }, { 120, 40 }, { 200, 60 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_open_pane_is_named_at_every_size_and_can_be_clicked(int width, int height)
    {
        foreach (var pane in Screen().Panes)
        {
            var screen = Screen();
            screen.Open(pane.Name);
            var tabs = TextScreen.Lines(screen, width, height)[1];
            Assert.Contains(pane.Name, tabs, StringComparison.Ordinal);
            Assert.Contains("1", tabs[..3], StringComparison.Ordinal);
            TextScreen.Click(screen, 3, 1);
            Assert.Equal("overview", screen.Pane.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_message_is_seen_in_full(int width, int height)
    {
        const string Message = "the box has panicked, time goes on no more: ( { o m lead back to before that, and then a word that is one: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        var screen = Screen();
        screen.SayWrong(Message);
        var lines = TextScreen.Lines(screen, width, height);
        Assert.EndsWith(Squeezed(Message), Squeezed(string.Concat(lines)), StringComparison.Ordinal);
        TextScreen.Press(screen, KeyCode.Down);
        Assert.Contains("F1Help", TextScreen.Lines(screen, width, height)[height - 1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_does_nothing_says_so()
    {
        var screen = Screen();
        TextScreen.Type(screen, "X");
        Assert.Contains("X does nothing here", TextScreen.Lines(screen)[39], StringComparison.Ordinal);
        screen.Open("zoneinfo");
        TextScreen.Type(screen, "t");
        Assert.Contains("processes as a tree: not on this pane", TextScreen.Lines(screen)[39], StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_log_k_is_a_line_up_and_kills_nobody()
    {
        var screen = Moments.Open("dmesg");
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "k");
        Assert.False(screen.HasDialog);
        Assert.DoesNotContain("follows the end", TextScreen.LineWith(screen, "seconds"), StringComparison.Ordinal);
        TextScreen.Type(screen, "j");
        Assert.Contains("follows the end", TextScreen.LineWith(screen, "seconds"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_who_is_not_seen_is_killed()
    {
        var screen = Moments.Open("top");
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "\\name = nobodyhere");
        TextScreen.Press(screen, KeyCode.Enter);
        TextScreen.Lines(screen);
        foreach (var command in new[] { ScreenCommand.Kill, ScreenCommand.OomScoreAdjust })
        {
            screen.Obey(command);
            Assert.False(screen.HasDialog);
            Assert.Contains("nobody is in the list", TextScreen.Lines(screen)[39], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_value_is_replaced_by_typing_and_kept_by_moving_in_it()
    {
        var screen = Moments.Open("top");
        TextScreen.Lines(screen);
        screen.Obey(ScreenCommand.OomScoreAdjust);
        TextScreen.Type(screen, "-500");
        Assert.StartsWith("oom_score_adj: -500 ", TextScreen.Lines(screen)[39] + " ", StringComparison.Ordinal);
        TextScreen.Press(screen, KeyCode.Escape);
        screen.Obey(ScreenCommand.OomScoreAdjust);
        TextScreen.Press(screen, KeyCode.Home);
        TextScreen.Type(screen, "1");
        Assert.StartsWith("oom_score_adj: 10 ", TextScreen.Lines(screen)[39] + " ", StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_is_chosen_from_those_there_are()
    {
        var screen = Moments.Open("top");
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "upostgres");
        TextScreen.Press(screen, KeyCode.Enter);
        Assert.Contains("user = postgres", TextScreen.LineWith(screen, "Esc drops the filter"), StringComparison.Ordinal);
        Assert.DoesNotContain("nginx", string.Join('\n', TextScreen.Lines(screen)), StringComparison.Ordinal);
    }

    private static Screen Screen()
    {
        var tree = new MemoryTree().Process(1);
        return TextScreen.Of(tree, tree);
    }

    private static string Squeezed(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}
