using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>What a cell of the memory map looks like, by the frames that each owner has in it.</summary>
internal sealed class MapPalette
{
    private readonly Glyphs _glyphs;
    private readonly MapOwner[] _owners;
    private readonly int _hole;
    private readonly int _free;

    /// <param name="columns">Names of the owners, in the order of the counts.</param>
    /// <param name="glyphs">Characters for shades.</param>
    public MapPalette(IReadOnlyList<string> columns, Glyphs glyphs)
    {
        _glyphs = glyphs;
        _owners = [.. columns.Select(MapOwners.Of)];
        (_hole, _free) = (Array.FindIndex(_owners, static owner => owner.Name == "hole"), Array.FindIndex(_owners, static owner => owner.Name == "free"));
    }

    /// <summary>The letter of who has most, in capitals from three quarters on; or a shade of how much is in use, in the colour of who has most of that.</summary>
    public (int Glyph, Role Role) GlyphOf(ReadOnlySpan<int> frames, bool isShade)
    {
        var (most, all) = (-1, 0);
        for (var owner = 0; owner < frames.Length; owner++)
        {
            if (owner == _hole) continue;
            all += frames[owner];
            if (isShade && owner == _free) continue;
            if (most < 0 || frames[owner] > frames[most]) most = owner;
        }

        if (all == 0 || most < 0) return (' ', Role.Hole);
        var shown = _owners[most];
        if (isShade)
        {
            var used = all - (_free < 0 ? 0 : frames[_free]);
            return used == 0 ? (_glyphs.Empty, Role.Free) : (_glyphs.Shades[Math.Min(used * 4 / all, 3)], shown.Role);
        }

        var isPure = frames[most] * 4L >= all * 3L;
        return (isPure ? shown.Letter : shown.Letter == '.' ? ':' : char.ToLowerInvariant(shown.Letter), shown.Role);
    }
}
