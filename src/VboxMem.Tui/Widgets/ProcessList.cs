// The process table on the screen: which columns fit, the heading, the rows that are seen. One list serves several panes: the choices of
// a user (order, tree, filter, tags) hold in all of them.
//
// The cursor stays on its process wherever that one moves, but on the first row it stays there, and it goes there when another order is
// chosen; F keeps it on its process then too.

using VboxMem.Tools.Filters;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

internal sealed partial class ProcessList
{
    private const int LeastCommandWidth = 18;
    private const int ScrolledCharacters = 8;

    private const ProcessFiles NeverOfKernelThreads = ProcessFiles.Rollup | ProcessFiles.Status | ProcessFiles.CommandLine
        | ProcessFiles.OomScore | ProcessFiles.OomScoreAdjustment;

    private readonly ListCursor _cursor = new();
    private readonly SortedSet<int> _folded = [];
    private readonly List<ProcessColumn> _visible = [];
    private readonly List<(int From, int To, ProcessColumn Column)> _headings = [];
    private ProcessColumn _sorted = ProcessColumns.Find("RES");
    private bool _isInverted;
    private bool _isTree;
    private bool _hidesKernelThreads;
    private bool _isFollowing;
    private bool _isPinned;
    private int _shownPid;
    private int _shift;
    private int _commandShift;
    private ProcessFiles _visibleFiles;
    private ProcessFilter? _filter;
    private string _filterText = "";
    private ProcessTable? _table;
    private (Reading Now, Reading? Before, int Choices) _madeOf;
    private int _choices;

    /// <summary>The table as it was drawn last.</summary>
    public ProcessTable? Table => _table;

    /// <summary>The process under the cursor; null: there is none.</summary>
    public ProcessRow? Current => _table is { } table && _cursor.Row < table.Rows.Count ? table.Rows[_cursor.Row] : null;

    /// <summary>Draws heading and rows.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">Its area.</param>
    /// <param name="view">What from.</param>
    /// <param name="columns">Headings of columns that are wanted, beside the one it is sorted by; null: all.</param>
    public void Draw(Canvas canvas, Rect area, ScreenView view, IReadOnlyList<string>? columns = null)
    {
        var table = Update(view);
        _headings.Clear();
        if (area.Height < 1) return;
        if (table.Rows.Count == 0 && view.Now.ProcessProblem.Length > 0)
        {
            canvas.Write(area, 1, 0, view.Now.ProcessProblem, Role.Warning);
            return;
        }

        PlaceCursor(view, area.Height - 1);
        ChooseColumns(area.Width, columns);
        DrawHeading(canvas, area.Row(0), view.Glyphs);
        for (var y = 1; y < area.Height && _cursor.Top + y - 1 < table.Rows.Count; y++)
        {
            var place = _cursor.Top + y - 1;
            DrawRow(canvas, area.Row(y), view, table, table.Rows[place], place == _cursor.Row);
        }
    }

    /// <summary>What is chosen apart from the order: filter, tree, tags; empty where nothing is.</summary>
    public string Describe(ScreenView view)
    {
        var table = Update(view);
        var text = "";
        if (_filter is not null) text += $"  {table.Rows.Count} of {table.Counts.Total}, Esc drops the filter: {_filterText}";
        if (_isTree) text += "  tree";
        if (_hidesKernelThreads) text += $"  {table.KernelThreads} kernel threads hidden";
        if (view.Choices.TaggedPids.Count > 0) text += $"  {view.Choices.TaggedPids.Count} tagged";
        if (_isFollowing) text += $"  follows {view.Choices.SelectedPid}";
        return text.TrimStart();
    }

    /// <summary>Makes the table anew where the readings or the choices have changed.</summary>
    public ProcessTable Update(ScreenView view)
    {
        TakeFilter(view);
        var madeOf = (view.Now, view.Before, _choices);
        if (_table is { } known && madeOf == _madeOf) return known;
        _madeOf = madeOf;
        var query = new ProcessQuery(
            _sorted.Order, _sorted.Files & ~(ProcessFiles.CommandLine | ProcessFiles.Environment), _sorted.IsDescending != _isInverted,
            _isTree, _hidesKernelThreads, _filter);
        return _table = ProcessTable.Make(view, query, _folded);
    }

    private void TakeFilter(ScreenView view)
    {
        if (view.Choices.FilterText == _filterText) return;
        _filterText = view.Choices.FilterText;
        _filter = _filterText.Length > 0 ? ProcessFilter.TryParse(_filterText, out _) : null;
        _choices++;
    }

    private void PlaceCursor(ScreenView view, int page)
    {
        var table = _table!;
        var choices = view.Choices;
        if (choices.SelectedPid != _shownPid) _isPinned = choices.SelectedPid != 0;
        if ((_isPinned || _isFollowing) && table.Find(choices.SelectedPid) is >= 0 and var place) _cursor.Row = place;
        _cursor.Fit(table.Rows.Count, page);
        if (Current is { } current && (!_isFollowing || table.Find(choices.SelectedPid) >= 0)) choices.SelectedPid = current.Pid;
        _shownPid = choices.SelectedPid;
        if (table.Counts.Total > 0 && choices.TaggedPids.Count > 0) DropTagsOfTheGone(choices, view.Now);
    }

    private static void DropTagsOfTheGone(Choices choices, Reading now)
    {
        var living = new HashSet<int>();
        foreach (var record in now.Processes(ProcessTable.BaseFiles)) living.Add(record.Pid);
        choices.TaggedPids.RemoveWhere(pid => !living.Contains(pid));
    }

    /// <summary>Which columns are seen: those of low rank first, as many as there is room for beside the command.</summary>
    private void ChooseColumns(int width, IReadOnlyList<string>? wanted)
    {
        for (var skipped = 0; ; skipped++)
        {
            _visible.Clear();
            var passed = 0;
            foreach (var column in ProcessColumns.All)
            {
                if (wanted is not null && column != _sorted && !wanted.Contains(column.Heading)) continue;
                if (column.Width > 0 && column.Rank > 0 && passed++ < skipped) continue;
                _visible.Add(column);
            }

            var isWhole = FitColumns(width);
            if (skipped < _shift && !isWhole) continue;
            _commandShift = isWhole ? (_shift - skipped) * ScrolledCharacters : 0;
            _visibleFiles = ProcessFiles.None;
            foreach (var column in _visible) _visibleFiles |= column.Files;
            return;
        }
    }

    private bool FitColumns(int width)
    {
        var room = width - 1 - LeastCommandWidth;
        foreach (var column in _visible) room -= column.Width > 0 ? column.Width + 1 : 0;
        var isWhole = room >= 0;
        while (room < 0)
        {
            var worst = 0;
            for (var i = 1; i < _visible.Count; i++)
            {
                if (RankOf(_visible[i]) >= RankOf(_visible[worst])) worst = i;
            }

            if (RankOf(_visible[worst]) == 0) break;
            room += _visible[worst].Width + 1;
            _visible.RemoveAt(worst);
        }

        return isWhole;
    }

    /// <summary>What the table is sorted by is always seen.</summary>
    private int RankOf(ProcessColumn column) => column == _sorted ? 0 : column.Rank;

    private void DrawHeading(Canvas canvas, Rect row, Glyphs glyphs)
    {
        canvas.Fill(row, ' ', Role.Header);
        var x = 1;
        foreach (var column in _visible)
        {
            var width = column.Width > 0 ? column.Width : row.Width - x;
            var isSorted = column == _sorted;
            var role = isSorted ? Role.HeaderSorted : Role.Header;
            if (column.IsText) canvas.Write(row, x, 0, column.Heading, role);
            else canvas.WriteRight(row, x + width, 0, column.Heading, role);
            if (isSorted)
            {
                var end = column.IsText ? x + column.Heading.Length : x + width;
                canvas.Put(row, end, 0, column.IsDescending != _isInverted ? glyphs.Down : glyphs.Up, role);
            }

            _headings.Add((x - 1, x + width, column));
            x += width + 1;
        }
    }

    private void DrawRow(Canvas canvas, Rect area, ScreenView view, ProcessTable table, ProcessRow row, bool isChosen)
    {
        var files = _visibleFiles;
        if (row.IsKernelThread) files &= ~NeverOfKernelThreads;
        if ((files & ProcessFiles.Status) != 0) files &= ~ProcessFiles.Owner;   // status names the user
        var details = table.Details(row, files);
        var x = 1;
        foreach (var column in _visible)
        {
            var cell = column.Cell(row, details);
            if (column.Width == 0) DrawCommand(canvas, area with { X = area.X + x, Width = area.Width - x }, view.Glyphs, row, cell);
            else if (column.IsText) canvas.Write(area, x, 0, cell.Text, cell.Role);
            else canvas.WriteRight(area, x + column.Width, 0, cell.Text, cell.Role);
            x += column.Width + 1;
        }

        var isTagged = view.Choices.TaggedPids.Contains(row.Pid);
        if (isChosen) canvas.Paint(area, Role.Selected);
        else if (isTagged) canvas.Paint(area, Role.Tagged);
        if (isTagged) canvas.Put(area, 0, 0, view.Glyphs.Bullet, isChosen ? Role.Selected : Role.Tagged);
        else if (isChosen) canvas.Put(area, 0, 0, view.Glyphs.Right, Role.Selected);
    }

    private void DrawCommand(Canvas canvas, Rect area, Glyphs glyphs, ProcessRow row, in ProcessCell cell)
    {
        var x = -_commandShift;
        for (var depth = 1; depth < row.Depth && depth <= 63; depth++)
        {
            x = canvas.Write(area, x, 0, (row.Trunks & (1UL << depth)) != 0 ? glyphs.Trunk : "  ", Role.Dim);
        }

        if (row.Depth > 0) x = canvas.Write(area, x, 0, row.IsLastChild ? glyphs.LastBranch : glyphs.Branch, Role.Dim);
        if (row.FoldedCount > 0) x = canvas.Write(area, x, 0, $"+{row.FoldedCount} ", Role.Bold);
        canvas.Write(area, x, 0, cell.Text, cell.Role);
    }
}
