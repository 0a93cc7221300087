// How each role looks: SGR sequences for a terminal without colours, with 16, and with 256.
//
// Without colours only bold, underline and inverse tell things apart, beside the letters and glyphs that are always there. With 16 the
// terminal's own palette is used, so that a user's choice of colours stays his.

using System.Text;

namespace VboxMem.Tui.Drawing;

public enum ColourDepth
{
    None,
    Sixteen,
    TwoHundredFiftySix,
}

public enum ThemeName
{
    Dark,
    Light,
    HighContrast,
}

/// <summary>Bits of SGR that need no colour.</summary>
[Flags]
public enum Look : byte
{
    Plain = 0,
    Bold = 1,
    Faint = 2,
    Underline = 4,
    Inverse = 8,
}

/// <summary>The looks of all roles on one kind of terminal.</summary>
public sealed class Theme
{
    private readonly byte[][] _sequences;
    private readonly byte[]?[] _changes;   // by the role before and the role after; made when first needed

    private Theme(byte[][] sequences) => (_sequences, _changes) = (sequences, new byte[]?[sequences.Length * sequences.Length]);

    /// <summary>The whole SGR sequence of a role; it does not depend on what was set before.</summary>
    public ReadOnlySpan<byte> SequenceOf(Role role) => _sequences[(int)role];

    /// <summary>The shortest SGR sequence that makes one role's look another's; empty where they look alike.</summary>
    public ReadOnlySpan<byte> ChangeOf(Role before, Role after)
    {
        ref var change = ref _changes[((int)before * _sequences.Length) + (int)after];
        return change ??= Change(_sequences[(int)before], _sequences[(int)after]);
    }

    /// <summary>Where nothing that was set has to go, only what comes is named; else all begins anew.</summary>
    private static byte[] Change(byte[] before, byte[] after)
    {
        var (had, has) = (Settings(before), Settings(after));
        foreach (var setting in had)
        {
            if (!has.Exists(other => Kind(other) == Kind(setting))) return after.AsSpan().SequenceEqual("\e[0m"u8) ? "\e[m"u8.ToArray() : after;
        }

        has.RemoveAll(had.Contains);
        return has.Count == 0 ? [] : Encoding.ASCII.GetBytes($"\e[{string.Join(';', has)}m");
    }

    /// <summary>What a whole sequence sets, such as <c>1</c>, <c>38;5;167</c> and <c>44</c>.</summary>
    private static List<string> Settings(byte[] sequence)
    {
        var numbers = Encoding.ASCII.GetString(sequence)[2..^1].Split(';');
        var settings = new List<string>();
        for (var i = 1; i < numbers.Length; i++)   // the first one is the 0 that clears all
        {
            var isLong = numbers[i] is "38" or "48";
            settings.Add(isLong ? string.Join(';', numbers, i, 3) : numbers[i]);
            if (isLong) i += 2;
        }

        return settings;
    }

    /// <summary>What a setting replaces: foreground 3, ground 4; looks only themselves.</summary>
    private static string Kind(string setting) => setting switch
    {
        ['3' or '9', _, ..] => "foreground",
        ['4', _, ..] or ['1', '0', _] => "ground",
        _ => setting,
    };

    public static Theme Create(ThemeName name, ColourDepth depth)
    {
        var roles = Enum.GetValues<Role>();
        var sequences = new byte[roles.Length][];
        foreach (var role in roles) sequences[(int)role] = Sequence(ThemeTable.Find(name, role), depth);
        return new Theme(sequences);
    }

    private static byte[] Sequence(in ThemeEntry entry, ColourDepth depth)
    {
        var text = new StringBuilder("\e[0");
        var look = depth == ColourDepth.None ? entry.Bare : entry.Look;
        if (look.HasFlag(Look.Bold)) text.Append(";1");
        if (look.HasFlag(Look.Faint)) text.Append(";2");
        if (look.HasFlag(Look.Underline)) text.Append(";4");
        if (look.HasFlag(Look.Inverse)) text.Append(";7");
        if (depth != ColourDepth.None)
        {
            Append(text, depth, entry.Foreground, entry.Foreground256, isGround: false);
            Append(text, depth, entry.Ground, entry.Ground256, isGround: true);
        }

        return Encoding.ASCII.GetBytes(text.Append('m').ToString());
    }

    private static void Append(StringBuilder text, ColourDepth depth, int sixteen, int many, bool isGround)
    {
        if (sixteen < 0) return;
        if (depth == ColourDepth.TwoHundredFiftySix && many >= 0) text.Append(isGround ? ";48;5;" : ";38;5;").Append(many);
        else text.Append(';').Append(sixteen < 8 ? (isGround ? 40 : 30) + sixteen : (isGround ? 100 : 90) + sixteen - 8);
    }
}
