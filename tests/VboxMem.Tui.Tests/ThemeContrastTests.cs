// Goal: what is written can be read: the contrast of every role, as WCAG 2 reckons it, in every theme, with 16 and with 256 colours, on
// the usual grounds of a terminal.
//
// With 16 colours the terminal's palette decides; xterm's is taken. The ground where a role has none: black for dark and high contrast,
// white for light.

using System.Globalization;
using System.Text;
using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Tests;

public sealed class ThemeContrastTests
{
    /// <summary>WCAG 2.2, 1.4.3 (AA) and 1.4.6 (AAA) for text; 1.4.11 for what only has to be seen.</summary>
    private const double Readable = 4.5;
    private const double Enhanced = 7;
    private const double Seen = 3;

    /// <summary>xterm's first sixteen.</summary>
    private static readonly int[] _sixteen =
    [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ];

    /// <summary>Fills of bars and cells of the map, which have a letter in them that is told elsewhere too; and what is meant to stand back.</summary>
    private static readonly Role[] _faint = [Role.Free, Role.Hole, Role.Dim, Role.LogDebug, Role.IoWait];

    public static TheoryData<ThemeName, ColourDepth> Looks()
    {
        var looks = new TheoryData<ThemeName, ColourDepth>();
        foreach (var name in Enum.GetValues<ThemeName>())
        {
            looks.Add(name, ColourDepth.Sixteen);
            looks.Add(name, ColourDepth.TwoHundredFiftySix);
        }

        return looks;
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public void Every_role_can_be_read(ThemeName name, ColourDepth depth)
    {
        var theme = Theme.Create(name, depth);
        var bad = new StringBuilder();
        foreach (var role in Enum.GetValues<Role>())
        {
            var least = name == ThemeName.HighContrast ? Enhanced : _faint.Contains(role) ? Seen : Readable;
            var contrast = ContrastOf(theme.SequenceOf(role), name);
            if (contrast < least) bad.AppendLine(CultureInfo.InvariantCulture, $"{role}: {contrast:0.00}, at least {least}");
        }

        Assert.True(bad.Length == 0, bad.ToString());
    }

    private static double ContrastOf(ReadOnlySpan<byte> sequence, ThemeName name)
    {
        var isLight = name == ThemeName.Light;
        var (foreground, ground) = isLight ? (0x000000, 0xffffff) : (0xe5e5e5, 0x000000);
        var numbers = Encoding.ASCII.GetString(sequence)[2..^1].Split(';').Select(static text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        for (var i = 0; i < numbers.Length; i++)
        {
            switch (numbers[i])
            {
                case >= 30 and <= 37:
                    foreground = _sixteen[numbers[i] - 30];
                    break;
                case >= 90 and <= 97:
                    foreground = _sixteen[numbers[i] - 90 + 8];
                    break;
                case >= 40 and <= 47:
                    ground = _sixteen[numbers[i] - 40];
                    break;
                case >= 100 and <= 107:
                    ground = _sixteen[numbers[i] - 100 + 8];
                    break;
                case 38:
                    foreground = Colour(numbers[i + 2]);
                    i += 2;
                    break;
                case 48:
                    ground = Colour(numbers[i + 2]);
                    i += 2;
                    break;
                default:
                    break;
            }
        }

        var (one, other) = (Luminance(foreground), Luminance(ground));
        return (Math.Max(one, other) + 0.05) / (Math.Min(one, other) + 0.05);
    }

    /// <summary>A colour of 256: the sixteen, a cube of 6 x 6 x 6, 24 greys.</summary>
    private static int Colour(int index)
    {
        if (index < 16) return _sixteen[index];
        if (index >= 232) return (8 + ((index - 232) * 10)) * 0x010101;
        static int Level(int step) => step == 0 ? 0 : 55 + (step * 40);
        var cube = index - 16;
        return (Level(cube / 36) << 16) | (Level(cube / 6 % 6) << 8) | Level(cube % 6);
    }

    private static double Luminance(int colour)
    {
        static double Linear(int part)
        {
            var value = part / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Linear(colour >> 16)) + (0.7152 * Linear((colour >> 8) & 0xff)) + (0.0722 * Linear(colour & 0xff));
    }
}
