namespace VboxMem.Tui.Drawing;

/// <summary>How a role looks.</summary>
/// <param name="Foreground">0..15; -1: the terminal's own.</param>
/// <param name="Ground">0..15; -1: the terminal's own.</param>
/// <param name="Look">Beside the colours.</param>
/// <param name="Bare">Instead of them, on a terminal without colours.</param>
/// <param name="Foreground256">0..255; -1: as with 16.</param>
/// <param name="Ground256">The same.</param>
internal readonly record struct ThemeEntry(
    int Foreground, int Ground = -1, Look Look = Look.Plain, Look Bare = Look.Plain, int Foreground256 = -1, int Ground256 = -1);

/// <summary>The three themes.</summary>
internal static class ThemeTable
{
    private const int Black = 0;
    private const int Red = 1;
    private const int Green = 2;
    private const int Yellow = 3;
    private const int Blue = 4;
    private const int Magenta = 5;
    private const int Cyan = 6;
    private const int White = 7;
    private const int Bright = 8;
    private const int Own = -1;

    public static ThemeEntry Find(ThemeName name, Role role) => name switch
    {
        ThemeName.Dark => Dark(role),
        ThemeName.Light => Light(role),
        _ => HighContrast(role),
    };

    private static ThemeEntry Dark(Role role) => role switch
    {
        Role.Dim => new(Bright + Black, Foreground256: 243, Bare: Look.Faint),
        Role.Bold => new(Bright + White, Look: Look.Bold, Bare: Look.Bold),
        Role.Label => new(Cyan, Foreground256: 73),
        Role.Title => new(Bright + Cyan, Look: Look.Bold, Bare: Look.Bold, Foreground256: 80),
        Role.Header => new(Black, Green, Bare: Look.Inverse, Foreground256: 16, Ground256: 71),
        Role.HeaderSorted => new(Black, Cyan, Bare: Look.Inverse | Look.Bold, Foreground256: 16, Ground256: 80),
        Role.Selected => new(Black, Cyan, Bare: Look.Inverse, Foreground256: 16, Ground256: 73),
        Role.Tagged => new(Bright + Yellow, Look: Look.Bold, Bare: Look.Bold | Look.Underline),
        Role.Match => new(Black, Yellow, Bare: Look.Inverse | Look.Underline, Foreground256: 16, Ground256: 221),
        Role.Good => new(Green, Foreground256: 71),
        Role.Warning => new(Bright + Yellow, Bare: Look.Bold, Foreground256: 221),
        Role.Critical => new(Bright + Red, Look: Look.Bold, Bare: Look.Bold | Look.Underline, Foreground256: 203),
        Role.Risen => new(Bright + Yellow, Bare: Look.Bold, Foreground256: 221),
        Role.Fallen => new(Bright + Blue, Bare: Look.Underline, Foreground256: 111),
        Role.Status => new(White, Blue, Bare: Look.Inverse, Foreground256: 255, Ground256: 24),
        Role.FooterKey => new(White, Own, Bare: Look.Bold),
        Role.FooterLabel => new(Black, Cyan, Bare: Look.Inverse, Foreground256: 16, Ground256: 73),
        Role.Message => new(Bright + Yellow, Bare: Look.Bold),
        Role.Error => new(White, Red, Look: Look.Bold, Bare: Look.Inverse | Look.Bold, Foreground256: 255, Ground256: 124),
        Role.Dialog => new(White, Bright + Black, Foreground256: 253, Ground256: 236),
        Role.DialogFrame => new(Bright + Cyan, Bright + Black, Bare: Look.Bold, Foreground256: 80, Ground256: 236),
        Role.DialogChosen => new(Black, Cyan, Bare: Look.Inverse, Foreground256: 16, Ground256: 73),
        Role.Input => new(Bright + White, Black, Bare: Look.Underline, Foreground256: 255, Ground256: 234),
        _ => Owner(role) is { } entry ? entry : new(Own),
    };

    private static ThemeEntry Light(Role role) => role switch
    {
        Role.Dim => new(Bright + Black, Foreground256: 245, Bare: Look.Faint),
        Role.Bold => new(Black, Look: Look.Bold, Bare: Look.Bold),
        Role.Label => new(Blue, Foreground256: 25),
        Role.Title => new(Blue, Look: Look.Bold, Bare: Look.Bold, Foreground256: 24),
        Role.Header => new(White, Blue, Bare: Look.Inverse, Foreground256: 255, Ground256: 25),
        Role.HeaderSorted => new(White, Magenta, Bare: Look.Inverse | Look.Bold, Foreground256: 255, Ground256: 90),
        Role.Selected => new(Black, Cyan, Bare: Look.Inverse, Foreground256: 16, Ground256: 153),
        Role.Tagged => new(Magenta, Look: Look.Bold, Bare: Look.Bold | Look.Underline, Foreground256: 90),
        Role.Match => new(Black, Yellow, Bare: Look.Inverse | Look.Underline, Foreground256: 16, Ground256: 221),
        Role.Good => new(Green, Foreground256: 28),
        Role.Warning => new(Magenta, Look: Look.Bold, Bare: Look.Bold, Foreground256: 130),
        Role.Critical => new(Red, Look: Look.Bold, Bare: Look.Bold | Look.Underline, Foreground256: 160),
        Role.Risen => new(Red, Bare: Look.Bold, Foreground256: 130),
        Role.Fallen => new(Blue, Bare: Look.Underline, Foreground256: 25),
        Role.Status => new(White, Blue, Bare: Look.Inverse, Foreground256: 255, Ground256: 25),
        Role.FooterKey => new(Black, Own, Bare: Look.Bold),
        Role.FooterLabel => new(Black, Cyan, Bare: Look.Inverse, Foreground256: 16, Ground256: 153),
        Role.Message => new(Blue, Look: Look.Bold, Bare: Look.Bold),
        Role.Error => new(White, Red, Look: Look.Bold, Bare: Look.Inverse | Look.Bold, Foreground256: 255, Ground256: 124),
        Role.Dialog => new(Black, White, Foreground256: 16, Ground256: 254),
        Role.DialogFrame => new(Blue, White, Bare: Look.Bold, Foreground256: 24, Ground256: 254),
        Role.DialogChosen => new(White, Blue, Bare: Look.Inverse, Foreground256: 255, Ground256: 25),
        Role.Input => new(Black, Cyan, Bare: Look.Underline, Foreground256: 16, Ground256: 195),
        Role.Free => new(Bright + Black, Foreground256: 250),
        Role.LogWarning or Role.Low => new(Magenta, Bare: Look.Bold, Foreground256: 130),
        _ => Owner(role) is { } entry ? Darker(entry) : new(Own),
    };

    /// <summary>Bright colours would not be seen on a light ground.</summary>
    private static ThemeEntry Darker(in ThemeEntry entry) =>
        entry with { Foreground = entry.Foreground >= Bright ? entry.Foreground - Bright : entry.Foreground, Foreground256 = -1 };

    private static ThemeEntry HighContrast(Role role) => role switch
    {
        Role.Header or Role.Status or Role.FooterLabel => new(Black, Bright + White, Look: Look.Bold, Bare: Look.Inverse),
        Role.HeaderSorted => new(Black, Bright + Yellow, Look: Look.Bold, Bare: Look.Inverse | Look.Bold),
        Role.Selected or Role.DialogChosen => new(Black, Bright + Yellow, Look: Look.Bold, Bare: Look.Inverse),
        Role.Match => new(Black, Bright + Cyan, Look: Look.Bold, Bare: Look.Inverse | Look.Underline),
        Role.Tagged => new(Bright + Yellow, Look: Look.Bold | Look.Underline, Bare: Look.Bold | Look.Underline),
        Role.Bold or Role.Title or Role.FooterKey or Role.Label => new(Bright + White, Look: Look.Bold, Bare: Look.Bold),
        Role.Good => new(Bright + Green, Look: Look.Bold),
        Role.Warning or Role.Risen or Role.Message => new(Bright + Yellow, Look: Look.Bold, Bare: Look.Bold),
        Role.Critical => new(Bright + White, Red, Look: Look.Bold, Bare: Look.Bold | Look.Underline),
        Role.Fallen => new(Bright + Cyan, Look: Look.Bold | Look.Underline, Bare: Look.Underline),
        Role.Error => new(Bright + White, Red, Look: Look.Bold, Bare: Look.Inverse | Look.Bold),
        Role.Dialog => new(Bright + White, Black),
        Role.DialogFrame => new(Bright + Yellow, Black, Look: Look.Bold, Bare: Look.Bold),
        Role.Input => new(Bright + White, Blue, Look: Look.Bold, Bare: Look.Underline),
        Role.Text or Role.Dim or Role.Free or Role.Hole => new(Bright + White),
        _ => Owner(role) is { } entry ? entry with { Foreground = entry.Foreground < Bright ? entry.Foreground + Bright : entry.Foreground, Foreground256 = -1 } : new(Bright + White),
    };

    private static ThemeEntry? Owner(Role role) => role switch
    {
        Role.Free => new(Bright + Black, Foreground256: 239),
        Role.Anon => new(Green, Foreground256: 71),
        Role.File => new(Yellow, Foreground256: 179),
        Role.Shmem => new(Magenta, Foreground256: 133),
        Role.Buffers => new(Blue, Foreground256: 68),
        Role.Slab => new(Cyan, Foreground256: 73),
        Role.PageTable => new(Bright + Magenta, Foreground256: 175),
        Role.Kernel => new(Red, Foreground256: 131),
        Role.PerCpu => new(Bright + Blue, Foreground256: 110),
        Role.Reserved => new(Bright + Red, Foreground256: 95),
        Role.Hole => new(Bright + Black, Foreground256: 236),
        Role.Swap => new(Red, Foreground256: 167),
        Role.SwapCache => new(Bright + Yellow, Foreground256: 185),
        Role.Dirty => new(Bright + Red, Foreground256: 209),
        Role.Unevictable => new(Bright + White, Foreground256: 252),
        Role.Min => new(Bright + Red, Look: Look.Bold, Bare: Look.Bold, Foreground256: 203),
        Role.Low => new(Bright + Yellow, Bare: Look.Bold, Foreground256: 221),
        Role.High => new(Bright + Green, Foreground256: 114),
        Role.User => new(Green, Foreground256: 71),
        Role.System => new(Red, Foreground256: 167),
        Role.IoWait => new(Bright + Black, Foreground256: 245),
        Role.Nice => new(Blue, Foreground256: 68),
        Role.LineA => new(Bright + Green, Foreground256: 114),
        Role.LineB => new(Bright + Yellow, Foreground256: 221),
        Role.LineC => new(Bright + Magenta, Foreground256: 176),
        Role.LogEmergency => new(White, Red, Look: Look.Bold, Bare: Look.Inverse, Foreground256: 255, Ground256: 124),
        Role.LogError => new(Bright + Red, Bare: Look.Bold, Foreground256: 203),
        Role.LogWarning => new(Bright + Yellow, Bare: Look.Bold, Foreground256: 221),
        Role.LogDebug => new(Bright + Black, Bare: Look.Faint, Foreground256: 243),
        Role.LogTime => new(Green, Foreground256: 71),
        _ => null,
    };
}
