using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>What is under the cursor of the memory map, in a line or two.</summary>
internal static class MapDetail
{
    public static void Draw(Canvas canvas, Rect area, Pageblocks blocks, MapLayout layout, int cell, MapContents now, MapContents? before)
    {
        canvas.Fill(area, ' ', Role.Text);
        var section = layout.SectionOf(cell);
        var from = layout.PfnOf(cell);
        var last = Math.Min(from + ((ulong)layout.BlocksPerCell * Pageblocks.FramesPerBlock), section.StartPfn + ((ulong)section.Blocks * Pageblocks.FramesPerBlock)) - 1;
        var x = canvas.Write(area, 1, 0, string.Create(CultureInfo.InvariantCulture, $"0x{from:x}-0x{last:x}"), Role.Bold) + 1;
        x = canvas.Write(area, x, 0, string.Create(CultureInfo.InvariantCulture, $"node {section.Node} {section.Zone} {TypesOf(blocks, section, from, last)}"), Role.Label) + 2;
        var y = 0;
        if (area.Height > 1) (x, y) = (1, 1);
        var isWordy = area.Width >= 100;
        if (cell < now.FirstCell || cell >= now.FirstCell + now.Cells) return;
        var frames = now.Of(cell);
        foreach (var shown in MapOwners.All)
        {
            for (var owner = 0; owner < frames.Length; owner++)
            {
                if (blocks.Owners[owner] != shown.Name || (frames[owner] == 0 && (before is null || before.Of(cell)[owner] == 0))) continue;
                var change = before is null ? 0 : frames[owner] - before.Of(cell)[owner];
                x = canvas.Write(area, x, y, (isWordy || shown.Letter == ' ' ? shown.Text : shown.Letter.ToString()) + " ", shown.Role);
                x = canvas.Write(area, x, y, string.Create(CultureInfo.InvariantCulture, $"{frames[owner]}"), Role.Bold);
                if (change != 0) x = canvas.Write(area, x, y, string.Create(CultureInfo.InvariantCulture, $" ({change:+0;-0})"), change > 0 ? Role.Risen : Role.Fallen);
                x += 2;
            }
        }
    }

    /// <summary>Migrate types of the pageblocks of a range, with how many where they differ.</summary>
    private static string TypesOf(Pageblocks blocks, in MapSection section, ulong from, ulong last)
    {
        var counts = new int[blocks.Types.Count];
        var kinds = 0;
        for (var run = section.FirstRun; run < section.EndRun; run++)
        {
            var (start, length, type) = (blocks.Runs[run].Pfn, blocks.Runs[run].Blocks, blocks.Runs[run].Type);
            var (low, high) = (Math.Max(start, from), Math.Min(start + ((ulong)length * Pageblocks.FramesPerBlock) - 1, last));
            if (low > high) continue;
            if (counts[type] == 0) kinds++;
            counts[type] += (int)((high - low + Pageblocks.FramesPerBlock) / Pageblocks.FramesPerBlock);
        }

        var text = "";
        for (var type = 0; type < counts.Length; type++)
        {
            if (counts[type] == 0) continue;
            text += (text.Length > 0 ? ", " : "") + blocks.Types[type];
            if (kinds > 1) text += string.Create(CultureInfo.InvariantCulture, $" {counts[type]}");
        }

        return text;
    }
}
