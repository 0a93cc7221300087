using System.Globalization;
using VboxMem.Tui.Drawing;

namespace VboxMem.Cli.Screen;

/// <summary>What the command line of the screen asks for.</summary>
/// <param name="Profile">The box.</param>
/// <param name="Overrides">Keys of the profile.</param>
/// <param name="Speed">Simulated seconds a second; infinite: as fast as it goes.</param>
/// <param name="Root">A tree to look at instead of a box; null: a box.</param>
/// <param name="IsLive">That tree changes.</param>
/// <param name="Record">File that the session is saved to at its end; null: it is not.</param>
/// <param name="Replay">File of a saved session to open; null: a new one is begun.</param>
/// <param name="Theme">How it looks.</param>
/// <param name="IsAscii">No characters beyond ASCII.</param>
internal sealed record ScreenOptions(
    string Profile, IReadOnlyList<string> Overrides, double Speed, string? Root, bool IsLive, string? Record, string? Replay, ThemeName Theme, bool IsAscii)
{
    public const string AllowedSpeeds = "max, or a number from 0.01 to 1000";

    private const double LeastSpeed = 0.01;
    private const double MostSpeed = 1000;

    /// <summary>Reads a speed.</summary>
    public static bool TryParseSpeed(string text, out double speed)
    {
        speed = double.PositiveInfinity;
        return text == "max"
            || (double.TryParse(text.EndsWith('x') ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out speed) && speed is >= LeastSpeed and <= MostSpeed);
    }

    public static bool TryParseTheme(string text, out ThemeName theme)
    {
        theme = text switch
        {
            "light" => ThemeName.Light,
            "high-contrast" => ThemeName.HighContrast,
            _ => ThemeName.Dark,
        };
        return text is "dark" or "light" or "high-contrast";
    }
}
