// Where the pageblocks of a box stand on the screen: zone after zone, each with a title row, then rows of cells, each cell as many
// pageblocks as fit the whole box into the pane, or fewer when the user looks closer.
//
// Invariants
//   M1  A cell never holds pageblocks of two zones.
//   M2  Rows and cells are counted over all zones, from 0; a zone's title row has no cells.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tui.Widgets;

/// <summary>A zone on the map.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Zone">Its name.</param>
/// <param name="StartPfn">First frame of its first pageblock.</param>
/// <param name="Blocks">Pageblocks that it spans.</param>
/// <param name="FirstRun">Its first run of the file.</param>
/// <param name="EndRun">The run behind its last.</param>
/// <param name="FirstRow">Its title row.</param>
/// <param name="FirstCell">Number of its first cell.</param>
internal readonly record struct MapSection(int Node, string Zone, ulong StartPfn, int Blocks, int FirstRun, int EndRun, int FirstRow, int FirstCell)
{
    public int CellsAt(int blocksPerCell) => (Blocks + blocksPerCell - 1) / blocksPerCell;
}

internal sealed class MapLayout
{
    private readonly List<MapSection> _sections = [];

    private MapLayout(int columns, int blocksPerCell) => (Columns, BlocksPerCell) = (columns, blocksPerCell);

    public int Columns { get; }

    public int BlocksPerCell { get; }

    public IReadOnlyList<MapSection> Sections => _sections;

    public int Rows { get; private set; }

    public int Cells { get; private set; }

    /// <summary>The least power of two of pageblocks a cell with which all of it fits.</summary>
    public static int FittingBlocks(Pageblocks blocks, int columns, int rows)
    {
        var perCell = 1;
        while (Create(blocks, columns, perCell).Rows > rows && perCell < 1 << 24) perCell *= 2;
        return perCell;
    }

    public static MapLayout Create(Pageblocks blocks, int columns, int blocksPerCell)
    {
        var layout = new MapLayout(Math.Max(columns, 1), blocksPerCell);
        var runs = blocks.Runs;
        for (var from = 0; from < runs.Count;)
        {
            var to = from + 1;
            while (to < runs.Count && runs[to].Node == runs[from].Node && runs[to].Zone == runs[from].Zone) to++;
            var last = runs[to - 1];
            var span = (int)((last.Pfn - runs[from].Pfn) / Pageblocks.FramesPerBlock) + last.Blocks;
            layout.Add(new MapSection(runs[from].Node, blocks.Zones[runs[from].Zone], runs[from].Pfn, span, from, to, layout.Rows, layout.Cells));
            from = to;
        }

        return layout;
    }

    /// <summary>The cell that a frame is in; the nearest before it where there is none.</summary>
    public int CellOf(ulong pfn)
    {
        var cell = 0;
        foreach (var section in _sections)
        {
            if (pfn < section.StartPfn) break;
            var block = (long)((pfn - section.StartPfn) / Pageblocks.FramesPerBlock);
            cell = section.FirstCell + (int)Math.Min(block / BlocksPerCell, section.CellsAt(BlocksPerCell) - 1);
        }

        return cell;
    }

    public MapSection SectionOf(int cell)
    {
        var found = _sections[0];
        foreach (var section in _sections)
        {
            if (section.FirstCell <= cell) found = section;
        }

        return found;
    }

    /// <summary>Row and column of a cell.</summary>
    public (int Row, int Column) PlaceOf(int cell)
    {
        var section = SectionOf(cell);
        var within = cell - section.FirstCell;
        return (section.FirstRow + 1 + (within / Columns), within % Columns);
    }

    /// <summary>The cell at a row and column, or the nearest in that row; -1: a title row or none.</summary>
    public int CellAt(int row, int column)
    {
        foreach (var section in _sections)
        {
            var cells = section.CellsAt(BlocksPerCell);
            var rows = (cells + Columns - 1) / Columns;
            if (row <= section.FirstRow || row > section.FirstRow + rows) continue;
            return section.FirstCell + Math.Min(((row - section.FirstRow - 1) * Columns) + Math.Min(column, Columns - 1), cells - 1);
        }

        return -1;
    }

    /// <summary>First frame of a cell.</summary>
    public ulong PfnOf(int cell)
    {
        var section = SectionOf(cell);
        return section.StartPfn + ((ulong)(cell - section.FirstCell) * (ulong)BlocksPerCell * Pageblocks.FramesPerBlock);
    }

    private void Add(MapSection section)
    {
        _sections.Add(section);
        var cells = section.CellsAt(BlocksPerCell);
        Cells += cells;
        Rows += 1 + ((cells + Columns - 1) / Columns);
    }
}
