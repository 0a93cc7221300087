// Goal: a terminal that obeys the bytes shows exactly the grid, however it changes, and few bytes are enough.

using System.Globalization;
using System.Text;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests.Terminal;

public sealed class ScreenWriterTests
{
    [Fact]
    public void A_terminal_shows_the_grid_after_any_sequence_of_changes()
    {
        var random = new Random(11);
        var writer = new ScreenWriter(Theme.Create(ThemeName.Dark, ColourDepth.TwoHundredFiftySix));
        var canvas = new Canvas(37, 9);
        var shown = new ObedientTerminal(37, 9);
        for (var round = 0; round < 400; round++)
        {
            if (round % 97 == 96)
            {
                var (width, height) = (20 + random.Next(30), 5 + random.Next(10));
                canvas.Resize(width, height);
                shown = new ObedientTerminal(width, height);
            }

            for (var change = random.Next(12); change > 0; change--)
            {
                var text = random.Next(4) == 0 ? "日本" : new string((char)random.Next('a', 'z'), random.Next(1, 9));
                canvas.Write(canvas.Area, random.Next(-3, canvas.Width), random.Next(canvas.Height), text, (Role)random.Next(20));
            }

            shown.Obey(writer.Update(canvas));
            Assert.Equal(Picture.TextOf(canvas), shown.Text);
        }
    }

    [Fact]
    public void What_is_forgotten_is_written_anew_though_the_grid_is_as_before()
    {
        var writer = new ScreenWriter(Theme.Create(ThemeName.Dark, ColourDepth.Sixteen));
        var canvas = new Canvas(20, 3);
        canvas.Write(canvas.Area, 3, 1, "日本 hello", Role.Bold);
        writer.Update(canvas);
        writer.Forget();
        var shown = new ObedientTerminal(20, 3);
        shown.Obey(writer.Update(canvas));
        Assert.Equal(Picture.TextOf(canvas), shown.Text);
    }

    [Fact]
    public void Nothing_is_written_where_nothing_has_changed()
    {
        var writer = new ScreenWriter(Theme.Create(ThemeName.Dark, ColourDepth.Sixteen));
        var canvas = new Canvas(80, 24);
        canvas.Write(canvas.Area, 3, 3, "hello", Role.Bold);
        Assert.True(writer.Update(canvas).Length > 0);
        Assert.Equal(0, writer.Update(canvas).Length);
        canvas.Write(canvas.Area, 3, 3, "hallo", Role.Bold);
        Assert.InRange(writer.Update(canvas).Length, 1, 60);
    }

    [Fact]
    public void Without_colours_no_colour_is_set()
    {
        var theme = Theme.Create(ThemeName.Dark, ColourDepth.None);
        foreach (var role in Enum.GetValues<Role>())
        {
            foreach (var part in Encoding.ASCII.GetString(theme.SequenceOf(role))[2..^1].Split(';'))
                Assert.InRange(int.Parse(part, CultureInfo.InvariantCulture), 0, 9);
        }
    }

    [Theory]
    [InlineData(ColourDepth.None)]
    [InlineData(ColourDepth.Sixteen)]
    [InlineData(ColourDepth.TwoHundredFiftySix)]
    public void A_look_is_the_same_however_one_comes_to_it(ColourDepth depth)
    {
        foreach (var name in Enum.GetValues<ThemeName>())
        {
            var theme = Theme.Create(name, depth);
            foreach (var before in Enum.GetValues<Role>())
            {
                foreach (var after in Enum.GetValues<Role>())
                {
                    var change = Encoding.ASCII.GetString(theme.ChangeOf(before, after));
                    var whole = Encoding.ASCII.GetString(theme.SequenceOf(after));
                    Assert.Equal(LookAfter(whole), LookAfter(Encoding.ASCII.GetString(theme.SequenceOf(before)) + change));
                    Assert.InRange(change.Length, 0, whole.Length);
                }
            }
        }
    }

    /// <summary>What a terminal's look is after SGR sequences: foreground, ground, and which of the other looks are on.</summary>
    private static string LookAfter(string sequences)
    {
        var (foreground, ground, looks) = ("", "", new SortedSet<int>());
        foreach (var sequence in sequences.Split('\e', StringSplitOptions.RemoveEmptyEntries))
        {
            var numbers = sequence == "[m" ? [0] : Array.ConvertAll(sequence[1..^1].Split(';'), static number => int.Parse(number, CultureInfo.InvariantCulture));
            for (var i = 0; i < numbers.Length; i++)
            {
                var number = numbers[i];
                if (number == 0)
                {
                    (foreground, ground) = ("", "");
                    looks.Clear();
                }
                else if (number is 38 or 48)
                {
                    var colour = $"{numbers[i + 1]};{numbers[i + 2]}";
                    (foreground, ground) = number == 38 ? (colour, ground) : (foreground, colour);
                    i += 2;
                }
                else if (number is (>= 30 and < 38) or (>= 90 and < 98))
                {
                    foreground = $"{number}";
                }
                else if (number is (>= 40 and < 48) or (>= 100 and < 108))
                {
                    ground = $"{number}";
                }
                else
                {
                    looks.Add(number);
                }
            }
        }

        return $"{foreground}|{ground}|{string.Join(',', looks)}";
    }

    [Fact]
    public void What_marks_trouble_can_be_told_apart_without_colours()
    {
        var theme = Theme.Create(ThemeName.Dark, ColourDepth.None);
        Assert.NotEqual(theme.SequenceOf(Role.Text).ToArray(), theme.SequenceOf(Role.Critical).ToArray());
        Assert.NotEqual(theme.SequenceOf(Role.Warning).ToArray(), theme.SequenceOf(Role.Critical).ToArray());
        Assert.NotEqual(theme.SequenceOf(Role.Text).ToArray(), theme.SequenceOf(Role.Selected).ToArray());
    }

    /// <summary>A terminal that knows no more than what the writer uses, and complains about the rest.</summary>
    private sealed class ObedientTerminal(int width, int height)
    {
        private readonly string[] _cells = [.. Enumerable.Repeat(" ", width * height)];
        private int _x;
        private int _y;

        public string Text
        {
            get
            {
                var text = new StringBuilder();
                for (var y = 0; y < height; y++) text.Append(string.Concat(_cells.Skip(y * width).Take(width)).TrimEnd()).Append('\n');
                return text.ToString();
            }
        }

        public void Obey(ReadOnlySpan<byte> bytes)
        {
            var text = Encoding.UTF8.GetString(bytes);
            for (var i = 0; i < text.Length;)
            {
                if (text[i] != '\e')
                {
                    var rune = Rune.GetRuneAt(text, i);
                    i += rune.Utf16SequenceLength;
                    Put(rune.ToString(), Canvas.WidthOf(rune.ToString()));
                    continue;
                }

                var end = i + 2;
                while (text[end] is < '@' or > '~') end++;
                Sequence(text[(i + 2)..end], text[end]);
                i = end + 1;
            }
        }

        private void Put(string character, int columns)
        {
            if (_x + columns > width) throw new InvalidOperationException("beyond the right edge");
            if (_x > 0 && _cells[(_y * width) + _x].Length == 0) _cells[(_y * width) + _x - 1] = " ";
            _cells[(_y * width) + _x] = character;
            if (columns == 2) _cells[(_y * width) + _x + 1] = "";
            _x += columns;
            if (_x < width && _cells[(_y * width) + _x].Length == 0) _cells[(_y * width) + _x] = " ";
        }

        private void Sequence(string parameters, char final)
        {
            switch (final)
            {
                case 'H':
                    var place = parameters.Split(';');
                    (_y, _x) = (int.Parse(place[0], CultureInfo.InvariantCulture) - 1, int.Parse(place[1], CultureInfo.InvariantCulture) - 1);
                    break;
                case 'C':
                    _x += int.Parse(parameters, CultureInfo.InvariantCulture);
                    if (_x >= width) throw new InvalidOperationException("beyond the right edge");
                    break;
                case 'J':
                    Array.Fill(_cells, " ");
                    break;
                case 'm' or 'h' or 'l':
                    break;
                default:
                    throw new InvalidOperationException($"unknown: {parameters}{final}");
            }
        }
    }
}
