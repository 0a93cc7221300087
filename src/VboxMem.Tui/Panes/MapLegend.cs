using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>
/// Letters of the memory map and how much each owner has on the whole box. All but holes add up to what zoneinfo says is present, without
/// what is reserved to what is managed.
/// </summary>
internal sealed class MapLegend
{
    private readonly List<(MapOwner Owner, ulong Frames)> _totals = [];
    private readonly ulong _present;
    private readonly ulong? _stated;

    public MapLegend(Pageblocks blocks, ScreenView view)
    {
        var frames = new ulong[blocks.Owners.Count];
        for (var run = 0; run < blocks.Runs.Count; run++)
        {
            var counts = blocks.Counts(run);
            for (var owner = 0; owner < counts.Length; owner++) frames[owner] += (ulong)counts[owner] * (ulong)blocks.Runs[run].Blocks;
        }

        for (var owner = 0; owner < frames.Length; owner++)
        {
            if (blocks.Owners[owner] == "hole" || frames[owner] == 0) continue;
            _totals.Add((MapOwners.Of(blocks.Owners[owner]), frames[owner]));
            _present += frames[owner];
        }

        _totals.Sort(static (a, b) => b.Frames.CompareTo(a.Frames) is var order and not 0 ? order : a.Owner.Letter.CompareTo(b.Owner.Letter));
        if (view.Now.Zones.Value is not { } zones) return;
        _stated = 0;
        foreach (var zone in zones) _stated += zone["present"] ?? 0;
    }

    public IReadOnlyList<(MapOwner Owner, ulong Frames)> Totals => _totals;

    public ulong Present => _present;

    public int RowsAt(int width, int entryWidth)
    {
        var columns = Math.Max((width - 1) / entryWidth, 1);
        return (_totals.Count + 1 + columns - 1) / columns;
    }

    public void DrawBelow(Canvas canvas, Rect area, int entryWidth)
    {
        var columns = Math.Max((area.Width - 1) / entryWidth, 1);
        for (var i = 0; i <= _totals.Count; i++)
        {
            var entry = new Rect(area.X + 1 + (i % columns * entryWidth), area.Y + (i / columns), entryWidth - 1, 1);
            if (i < _totals.Count) DrawEntry(canvas, entry, _totals[i].Owner, _totals[i].Frames);
            else DrawTotal(canvas, entry);
        }
    }

    public void DrawBeside(Canvas canvas, Rect area)
    {
        for (var i = 0; i < _totals.Count; i++)
        {
            var (owner, frames) = _totals[i];
            DrawEntry(canvas, new Rect(area.X, area.Y + i, 19, i < area.Height ? 1 : 0), owner, frames);
            canvas.WriteRight(area, area.Width - 1, i, string.Create(CultureInfo.InvariantCulture, $"{100.0 * frames / _present:0.0} %"), Role.Dim);
        }

        DrawTotal(canvas, new Rect(area.X, area.Y + _totals.Count, 19, _totals.Count < area.Height ? 1 : 0));
        if (_stated is { } stated && stated != _present)
        {
            canvas.Write(area, 0, _totals.Count + 1, $"zoneinfo: {Sizes.Pages(stated)} present", Role.Warning);
        }

        canvas.Write(area, 0, _totals.Count + 2, "small: less than 3/4", Role.Dim);
        canvas.Write(area, 0, _totals.Count + 3, ":  mostly free, mixed", Role.Dim);
        canvas.Write(area, 0, _totals.Count + 4, "X", Role.Match);
        canvas.Write(area, 3, _totals.Count + 4, "over 1/16 just changed", Role.Dim);
    }

    private static void DrawEntry(Canvas canvas, Rect entry, in MapOwner owner, ulong frames)
    {
        canvas.Put(entry, 0, 0, owner.Letter, owner.Role);
        canvas.Write(entry.Left(entry.Width - 6), 2, 0, owner.Text, Role.Label);
        canvas.WriteRight(entry, entry.Width, 0, Sizes.Pages(frames), Role.Bold);
    }

    private void DrawTotal(Canvas canvas, Rect entry)
    {
        canvas.Write(entry, 0, 0, "= present", Role.Label);
        canvas.WriteRight(entry, entry.Width, 0, Sizes.Pages(_present), Role.Bold);
    }
}
