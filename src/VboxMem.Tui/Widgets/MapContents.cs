using VboxMem.Tools.Parsing;

namespace VboxMem.Tui.Widgets;

/// <summary>Frames by owner of the cells of a part of the map; made anew for each picture, for the cells that are seen.</summary>
internal sealed class MapContents
{
    private const int ChangedShare = 16;

    private readonly int _owners;
    private readonly int[] _frames;

    private MapContents(int firstCell, int cells, int owners)
    {
        (FirstCell, Cells, _owners) = (firstCell, cells, owners);
        _frames = new int[cells * owners];
    }

    public int FirstCell { get; }

    public int Cells { get; }

    /// <summary>Counts the frames of the cells from <paramref name="firstCell"/> to before <paramref name="endCell"/>.</summary>
    public static MapContents Count(Pageblocks blocks, MapLayout layout, int firstCell, int endCell)
    {
        var contents = new MapContents(firstCell, Math.Max(endCell - firstCell, 0), blocks.Owners.Count);
        foreach (var section in layout.Sections)
        {
            var end = section.FirstCell + section.CellsAt(layout.BlocksPerCell);
            if (end <= firstCell || section.FirstCell >= endCell) continue;
            for (var run = section.FirstRun; run < section.EndRun; run++) contents.Add(blocks, run, section, layout.BlocksPerCell);
        }

        return contents;
    }

    public ReadOnlySpan<int> Of(int cell) => _frames.AsSpan((cell - FirstCell) * _owners, _owners);

    /// <summary>Whether more than one in sixteen frames of a cell has come to another owner.</summary>
    public static bool HasChanged(ReadOnlySpan<int> now, ReadOnlySpan<int> before)
    {
        var (moved, all) = (0, 0);
        for (var owner = 0; owner < now.Length; owner++)
        {
            moved += Math.Abs(now[owner] - before[owner]);
            all += now[owner];
        }

        return moved / 2 > all / ChangedShare;
    }

    private void Add(Pageblocks blocks, int run, in MapSection section, int blocksPerCell)
    {
        var (pfn, count) = (blocks.Runs[run].Pfn, blocks.Runs[run].Blocks);
        var from = (int)((pfn - section.StartPfn) / Pageblocks.FramesPerBlock);
        var to = from + count;
        var counts = blocks.Counts(run);
        for (var cell = Math.Max(from / blocksPerCell, FirstCell - section.FirstCell); cell * blocksPerCell < to; cell++)
        {
            var at = section.FirstCell + cell - FirstCell;
            if (at >= Cells) return;
            var share = Math.Min(to, (cell + 1) * blocksPerCell) - Math.Max(from, cell * blocksPerCell);
            var frames = _frames.AsSpan(at * _owners, _owners);
            for (var owner = 0; owner < frames.Length; owner++) frames[owner] += counts[owner] * share;
        }
    }
}
