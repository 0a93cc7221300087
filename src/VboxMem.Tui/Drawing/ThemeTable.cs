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

/// <summary>The three themes. Text has a contrast of 4.5 at least, in high contrast of 7, as WCAG reckons it with xterm's palette.</summary>
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
        Role.Fallen => new(Bright + Cyan, Bare: Look.Underline, Foreground256: 111),
        Role.Status => new(White, Blue, Bare: Look.Inverse, Foreground256: 255, Ground256: 24),
        Role.FooterKey => new(White, Own, Bare: Look.Bold),
        Role.FooterLabel => new(Black, Cyan, Bare: Look.Inverse, Foreground256: 16, Ground256: 73),
        Role.Message => new(Bright + Yellow, Bare: Look.Bold),
        Role.Error => new(White, Red, Look: Look.Bold, Bare: Look.Inverse | Look.Bold, Foreground256: 255, Ground256: 124),
        Role.Dialog => new(Bright + White, Blue, Foreground256: 253, Ground256: 236),
        Role.DialogFrame => new(Bright + Cyan, Blue, Bare: Look.Bold, Foreground256: 80, Ground256: 236),
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
        Role.HeaderSorted => new(Bright + White, Black, Look: Look.Bold, Bare: Look.Inverse | Look.Bold, Foreground256: 255, Ground256: 90),
        Role.Selected => new(Black, Cyan, Bare: Look.Inverse, Foreground256: 16, Ground256: 153),
        Role.Tagged => new(Magenta, Look: Look.Bold, Bare: Look.Bold | Look.Underline, Foreground256: 90),
        Role.Match => new(Black, Yellow, Bare: Look.Inverse | Look.Underline, Foreground256: 16, Ground256: 221),
        Role.Good => new(Blue, Foreground256: 28),
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
        _ => LightOwner(role) ?? new(Own),
    };

    /// <summary>Green, yellow and cyan of sixteen colours, and all bright ones but blue, would not be seen on a light ground.</summary>
    private static ThemeEntry? LightOwner(Role role) => role switch
    {
        Role.Free or Role.Hole => new(Bright + Black, Foreground256: 245),
        Role.Anon or Role.User or Role.High or Role.LineA or Role.LogTime => new(Blue, Foreground256: 28),
        Role.File or Role.LineB => new(Magenta, Foreground256: 94),
        Role.Shmem or Role.LineC => new(Red, Foreground256: 90),
        Role.Buffers => new(Black, Foreground256: 25),
        Role.Nice => new(Magenta, Foreground256: 25),
        Role.Slab => new(Bright + Blue, Foreground256: 23),
        Role.PageTable => new(Magenta, Foreground256: 96),
        Role.Kernel => new(Black, Foreground256: 88),
        Role.PerCpu => new(Black, Foreground256: 24),
        Role.Reserved => new(Red, Foreground256: 95),
        Role.Swap or Role.System => new(Red, Foreground256: 124),
        Role.SwapCache => new(Magenta, Foreground256: 58),
        Role.Dirty => new(Red, Foreground256: 130),
        Role.Unevictable => new(Black, Foreground256: 238),
        Role.Min => new(Red, Look: Look.Bold, Bare: Look.Bold, Foreground256: 160),
        Role.Low or Role.LogWarning => new(Magenta, Bare: Look.Bold, Foreground256: 130),
        Role.IoWait => new(Bright + Black, Foreground256: 243),
        Role.LogEmergency => new(White, Red, Look: Look.Bold, Bare: Look.Inverse, Foreground256: 255, Ground256: 124),
        Role.LogError => new(Red, Bare: Look.Bold, Foreground256: 160),
        Role.LogDebug => new(Bright + Black, Bare: Look.Faint, Foreground256: 243),
        _ => null,
    };

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
        Role.Critical => new(Black, Bright + White, Look: Look.Bold | Look.Underline, Bare: Look.Bold | Look.Underline, Foreground256: 231, Ground256: 88),
        Role.Fallen => new(Bright + Cyan, Look: Look.Bold | Look.Underline, Bare: Look.Underline),
        Role.Error or Role.LogEmergency => new(Black, Bright + White, Look: Look.Bold | Look.Underline, Bare: Look.Inverse | Look.Bold, Foreground256: 231, Ground256: 88),
        Role.Dialog => new(Bright + White, Black),
        Role.DialogFrame => new(Bright + Yellow, Black, Look: Look.Bold, Bare: Look.Bold),
        Role.Input => new(Bright + White, Blue, Look: Look.Bold, Bare: Look.Underline),
        Role.Text or Role.Dim or Role.Free or Role.Hole => new(Bright + White),
        _ => HighContrastOwner(role) ?? new(Bright + White),
    };

    /// <summary>Red, magenta and blue of sixteen colours are too dark on black for this theme.</summary>
    private static ThemeEntry? HighContrastOwner(Role role) => role switch
    {
        Role.Anon or Role.High or Role.User or Role.LineA or Role.LogTime => new(Bright + Green, Foreground256: 120),
        Role.File or Role.SwapCache or Role.LineB => new(Bright + Yellow, Foreground256: 227),
        Role.Low or Role.LogWarning => new(Bright + Yellow, Bare: Look.Bold, Foreground256: 227),
        Role.Shmem => new(White, Foreground256: 219),
        Role.LineC => new(Bright + White, Foreground256: 219),
        Role.Buffers or Role.Nice or Role.PerCpu => new(Cyan, Foreground256: 117),
        Role.Slab => new(Bright + Cyan, Foreground256: 87),
        Role.PageTable => new(Bright + White, Foreground256: 225),
        Role.Kernel or Role.Reserved => new(White, Foreground256: 217),
        Role.Swap or Role.System => new(Yellow, Foreground256: 216),
        Role.Dirty => new(Yellow, Foreground256: 215),
        Role.Min or Role.LogError => new(Bright + Yellow, Look: Look.Bold, Bare: Look.Bold, Foreground256: 217),
        Role.IoWait or Role.LogDebug => new(White, Foreground256: 250),
        _ => null,
    };

    private static ThemeEntry? Owner(Role role) => role switch
    {
        Role.Free => new(Bright + Black, Foreground256: 242),
        Role.Anon => new(Green, Foreground256: 71),
        Role.File => new(Yellow, Foreground256: 179),
        Role.Shmem => new(Bright + Magenta, Foreground256: 133),
        Role.Buffers => new(Bright + Cyan, Foreground256: 68),
        Role.Slab => new(Cyan, Foreground256: 73),
        Role.PageTable => new(White, Foreground256: 175),
        Role.Kernel => new(Bright + Red, Foreground256: 131),
        Role.PerCpu => new(Bright + Cyan, Foreground256: 110),
        Role.Reserved => new(Bright + Red, Foreground256: 138),
        Role.Hole => new(Bright + Black, Foreground256: 241),
        Role.Swap => new(Bright + Red, Foreground256: 167),
        Role.SwapCache => new(Bright + Yellow, Foreground256: 185),
        Role.Dirty => new(Bright + Red, Foreground256: 209),
        Role.Unevictable => new(Bright + White, Foreground256: 252),
        Role.Min => new(Bright + Red, Look: Look.Bold, Bare: Look.Bold, Foreground256: 203),
        Role.Low => new(Bright + Yellow, Bare: Look.Bold, Foreground256: 221),
        Role.High => new(Bright + Green, Foreground256: 114),
        Role.User => new(Green, Foreground256: 71),
        Role.System => new(Bright + Red, Foreground256: 167),
        Role.IoWait => new(Bright + Black, Foreground256: 245),
        Role.Nice => new(Bright + Cyan, Foreground256: 68),
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
