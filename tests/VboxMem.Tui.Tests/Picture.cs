using System.Runtime.CompilerServices;
using System.Text;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests;

/// <summary>Pictures of screens, held against files: NAME.txt as text, NAME.ansi as a terminal of 256 colours gets it (cat shows it).</summary>
internal static class Picture
{
    private static readonly bool _isRewriting = Environment.GetEnvironmentVariable("VBOXMEM_REWRITE_EXPECTATIONS") == "1";

    public static string TextOf(Canvas canvas)
    {
        var text = new StringBuilder();
        for (var y = 0; y < canvas.Height; y++)
        {
            var line = new StringBuilder();
            foreach (var cell in canvas.Row(y))
            {
                if (cell.Character != 0) line.Append(char.ConvertFromUtf32(cell.Character));
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The bytes that draw it on an empty terminal.</summary>
    public static byte[] BytesOf(Canvas canvas, ColourDepth depth = ColourDepth.TwoHundredFiftySix, ThemeName theme = ThemeName.Dark) =>
        new ScreenWriter(Theme.Create(theme, depth)).Update(canvas).ToArray();

    /// <summary>Holds a screen of a size against its files.</summary>
    public static void Check(Screen screen, string name, int width, int height)
    {
        var canvas = new Canvas(width, height);
        screen.Draw(canvas);
        Check($"{name}-{width}x{height}.txt", Encoding.UTF8.GetBytes(TextOf(canvas)));
        Check($"{name}-{width}x{height}.ansi", BytesOf(canvas));
    }

    private static void Check(string file, byte[] picture)
    {
        if (_isRewriting)
        {
            var path = Path.Combine(SourceFolder(), "Pictures", file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, picture);
            return;
        }

        var expected = Path.Combine(AppContext.BaseDirectory, "Pictures", file);
        Assert.True(File.Exists(expected), $"no {file}");
        Assert.Equal(Encoding.UTF8.GetString(File.ReadAllBytes(expected)), Encoding.UTF8.GetString(picture));
    }

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
