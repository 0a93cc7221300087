// Goal: what terminals send is understood, in whatever pieces it comes, and nothing they send is taken for something it is not.

using System.Text;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests.Terminal;

public sealed class KeyDecoderTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData(" ", "Space")]
    [InlineData("é", "é")]
    [InlineData("\r", "Enter")]
    [InlineData("\t", "Tab")]
    [InlineData("\e[Z", "Shift-Tab")]
    [InlineData("\x7f", "Backspace")]
    [InlineData("\x03", "Ctrl-C")]
    [InlineData("\x1a", "Ctrl-Z")]
    [InlineData("\e[A", "Up")]
    [InlineData("\eOA", "Up")]
    [InlineData("\e[1;5C", "Ctrl-Right")]
    [InlineData("\e[H", "Home")]
    [InlineData("\e[1~", "Home")]
    [InlineData("\e[7~", "Home")]
    [InlineData("\eOF", "End")]
    [InlineData("\e[5~", "PgUp")]
    [InlineData("\e[6~", "PgDn")]
    [InlineData("\eOP", "F1")]
    [InlineData("\e[11~", "F1")]
    [InlineData("\e[[A", "F1")]
    [InlineData("\e[15~", "F5")]
    [InlineData("\e[17~", "F6")]
    [InlineData("\e[21~", "F10")]
    [InlineData("\e[24~", "F12")]
    [InlineData("\ex", "Alt-x")]
    [InlineData("\e\e[A", "Esc Up")]
    [InlineData("qz", "q z")]
    [InlineData("\e[99;99;99X", "")]
    public void Keys_are_known_whole_and_byte_by_byte(string sent, string expected)
    {
        Assert.Equal(expected, Names(sent, isInPieces: false));
        Assert.Equal(expected, Names(sent, isInPieces: true));
    }

    [Fact]
    public void A_lone_escape_is_a_key_when_nothing_follows()
    {
        var decoder = new KeyDecoder();
        var events = new List<TerminalEvent>();
        decoder.Feed("\e"u8, events);
        Assert.Empty(events);
        Assert.True(decoder.IsWaiting);
        decoder.Flush(events);
        Assert.Equal(new Key(KeyCode.Escape), Assert.Single(events).Key);
    }

    [Fact]
    public void The_mouse_clicks_and_its_wheel_turns()
    {
        var events = Decode("\e[<0;10;5M\e[<0;10;5m\e[<64;1;1M\e[<65;1;1M\e[<2;3;3M");
        Assert.Equal(
            [TerminalEventKind.Click, TerminalEventKind.WheelUp, TerminalEventKind.WheelDown], events.Select(static what => what.Kind));
        Assert.Equal((9, 4), (events[0].X, events[0].Y));
    }

    [Fact]
    public void What_is_pasted_is_a_text_and_no_keys()
    {
        var what = Assert.Single(Decode("\e[200~q\nrm -rf\e[201~"));
        Assert.Equal((TerminalEventKind.Paste, "q\nrm -rf"), (what.Kind, what.Text));
    }

    [Fact]
    public void Random_bytes_never_break_it()
    {
        var random = new Random(7);
        var decoder = new KeyDecoder();
        var events = new List<TerminalEvent>();
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            if (i % 2 == 0) bytes[0] = 0x1b;
            if (i % 4 == 0) bytes[1] = (byte)'[';
            decoder.Feed(bytes, events);
            if (i % 8 == 0) decoder.Flush(events);
            events.Clear();
        }

        decoder.Feed("\e[201~"u8, events);   // a paste that had begun
        decoder.Flush(events);
        events.Clear();
        decoder.Feed("x"u8, events);
        Assert.Equal(Key.Of('x'), Assert.Single(events).Key);
    }

    private static string Names(string sent, bool isInPieces) =>
        string.Join(' ', Decode(sent, isInPieces).Select(static what => what.Key.ToString()));

    private static List<TerminalEvent> Decode(string sent, bool isInPieces = false)
    {
        var decoder = new KeyDecoder();
        var events = new List<TerminalEvent>();
        var bytes = Encoding.UTF8.GetBytes(sent);
        if (!isInPieces) decoder.Feed(bytes, events);
        else foreach (var value in bytes) decoder.Feed([value], events);
        decoder.Flush(events);
        return events;
    }
}
