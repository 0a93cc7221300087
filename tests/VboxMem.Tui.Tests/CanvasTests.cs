// A grid stays whole whatever is written on it, and a text is written alike at one go and character by character.

using System.Text;
using VboxMem.Tui.Drawing;
using Xunit;

namespace VboxMem.Tui.Tests;

public sealed class CanvasTests
{
    private const int Width = 12;
    private const int Height = 4;

    private static readonly string[] _pieces = ["a", "Ab", "\t", "\u007f", "漢", "é", "\u0301", "x y", "界z", " "];

    [Fact]
    public void Text_is_written_at_one_go_as_character_by_character_and_never_outside_its_area()
    {
        var random = new Random(1);
        for (var life = 0; life < 2000; life++)
        {
            var (canvas, model) = (new Canvas(Width, Height), new Canvas(Width, Height));
            for (var step = 0; step < 12; step++)
            {
                var area = new Rect(random.Next(-3, Width), random.Next(-2, Height), random.Next(0, Width + 4), random.Next(0, Height + 2));
                var (x, y) = (random.Next(-4, Width), random.Next(-1, Height + 1));
                var text = string.Concat(Enumerable.Range(0, random.Next(0, 6)).Select(_ => _pieces[random.Next(step < 6 ? _pieces.Length : 4)]));
                var role = (Role)random.Next(1, 5);
                var before = new Snapshot(canvas);
                var end = canvas.Write(area, x, y, text, role);
                Assert.Equal(x + Canvas.WidthOf(text), WriteSlowly(model, area, x, y, text, role));
                Assert.Equal(x + Canvas.WidthOf(text), end);
                AssertAlike(model, canvas);
                AssertWhole(canvas);
                before.AssertKeptOutside(area);
            }
        }
    }

    [Fact]
    public void Fill_writes_its_area_and_makes_halves_at_its_edges_blank()
    {
        var canvas = new Canvas(8, 1);
        canvas.Write(canvas.Area, 0, 0, "漢漢漢漢");
        canvas.Fill(new Rect(1, 0, 4, 1), '#', Role.Bold);
        Assert.Equal(" #### 漢", TextOf(canvas, 0));
        AssertWhole(canvas);
    }

    [Fact]
    public void Another_size_is_blank_and_the_same_one_keeps_what_is_written()
    {
        var canvas = new Canvas(4, 1);
        canvas.Write(canvas.Area, 0, 0, "abcd");
        canvas.Resize(4, 1);
        Assert.Equal("abcd", TextOf(canvas, 0));
        canvas.Resize(5, 1);
        Assert.Equal("     ", TextOf(canvas, 0));
        canvas.Write(canvas.Area, 0, 0, "abcde");
        canvas.Clear();
        Assert.Equal("     ", TextOf(canvas, 0));
    }

    /// <summary>What a row says; wide characters once.</summary>
    private static string TextOf(Canvas canvas, int y)
    {
        var text = new StringBuilder();
        foreach (var cell in canvas.Row(y))
        {
            if (cell.Character != 0) text.Append(new Rune(cell.Character));
        }

        return text.ToString();
    }

    private static int WriteSlowly(Canvas canvas, Rect area, int x, int y, string text, Role role)
    {
        foreach (var rune in text.EnumerateRunes())
            x = rune.IsAscii ? PutPlain(canvas, area, x, y, rune.Value, role) : canvas.Write(area, x, y, rune.ToString(), role);
        return x;
    }

    private static int PutPlain(Canvas canvas, Rect area, int x, int y, int character, Role role)
    {
        canvas.Put(area, x, y, character is < ' ' or 0x7f ? '?' : character, role);
        return x + 1;
    }

    private static void AssertAlike(Canvas expected, Canvas canvas)
    {
        for (var y = 0; y < Height; y++) Assert.True(expected.Row(y).SequenceEqual(canvas.Row(y)), $"row {y}: \"{TextOf(expected, y)}\" and \"{TextOf(canvas, y)}\"");
    }

    /// <summary>Every right half has its left one, which is wide, and every wide character its right half.</summary>
    private static void AssertWhole(Canvas canvas)
    {
        for (var y = 0; y < canvas.Height; y++)
        {
            var row = canvas.Row(y);
            for (var x = 0; x < row.Length; x++)
            {
                var isWide = row[x].Character is '漢' or '界';
                Assert.Equal(isWide, x + 1 < row.Length && row[x + 1].Character == 0);
                if (x == 0) Assert.NotEqual(0, row[x].Character);
            }
        }
    }

    /// <summary>A grid as it was. Outside an area nothing changes but halves of wide characters beside it.</summary>
    private sealed class Snapshot
    {
        private readonly Canvas _canvas;
        private readonly Canvas _was = new(0, 0);

        public Snapshot(Canvas canvas)
        {
            _canvas = canvas;
            canvas.CopyTo(_was);
        }

        public void AssertKeptOutside(Rect area)
        {
            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < Width; x++)
                {
                    if (area.Contains(x, y) || _was[x, y] == _canvas[x, y]) continue;
                    Assert.True(_canvas[x, y] == new Cell(' ', Role.Text) && (area.Contains(x - 1, y) || area.Contains(x + 1, y)), $"({x}, {y}) is outside");
                }
            }
        }
    }
}
