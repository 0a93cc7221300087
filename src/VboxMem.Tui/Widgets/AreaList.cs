// The areas of a process on the screen: sorted by a column, folded by name if wanted. The cursor stays on its area, but
// goes to the top when another order is chosen.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Dialogs;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

internal sealed class AreaList
{
    private const int LeastNameWidth = 16;
    private const int AddressWidth = 26;

    private static readonly (string Heading, int Width, int Rank, string Description)[] _columns =
    [
        ("ADDRESS", AddressWidth, 0, "where it lies"),
        ("PERM", 4, 1, "permissions"),
        ("SIZE", 5, 3, "how large it is"),
        ("RSS", 5, 0, "resident"),
        ("PSS", 5, 2, "resident, shared pages divided by who shares them"),
        ("DIRTY", 5, 5, "of its own and written to"),
        ("ANON", 5, 6, "anonymous, in whatever area"),
        ("HUGE", 5, 7, "in pages of 2 MiB"),
        ("REF", 5, 8, "referenced of late"),
        ("SWAP", 5, 2, "in swap"),
        ("NAME", 0, 0, "file, or what it is for"),
    ];

    private readonly ListCursor _cursor = new();
    private readonly List<int> _visible = [];
    private readonly List<(int From, int To, int Column)> _headings = [];
    private List<AreaRow> _rows = [];
    private (List<AreaRow>? Areas, int Sorted, bool IsInverted, bool IsFolded) _madeOf;
    private int _sorted;
    private bool _isInverted;
    private bool _isFolded;
    private ulong? _start;

    /// <summary>The area under the cursor; null: there is none.</summary>
    public AreaRow? Current => _cursor.Row < _rows.Count ? _rows[_cursor.Row] : null;

    public bool IsFolded => _isFolded;

    /// <summary>Draws heading and rows.</summary>
    public void Draw(Canvas canvas, Rect area, List<AreaRow> areas, Glyphs glyphs)
    {
        Arrange(areas);
        _cursor.Fit(_rows.Count, area.Height - 1);
        _start = Current?.Start;
        ChooseColumns(area.Width);
        DrawHeading(canvas, area.Row(0), glyphs);
        for (var y = 1; y < area.Height && _cursor.Top + y - 1 < _rows.Count; y++)
        {
            var place = _cursor.Top + y - 1;
            DrawRow(canvas, area.Row(y), _rows[place]);
            if (place != _cursor.Row) continue;
            canvas.Paint(area.Row(y), Role.Selected);
            canvas.Put(area, 0, y, glyphs.Right, Role.Selected);
        }
    }

    /// <summary>Obeys a key of moving, sorting, folding.</summary>
    public bool Obey(ScreenCommand command, Screen screen)
    {
        if (_cursor.Obey(command))
        {
            _start = Current?.Start;
            return true;
        }

        switch (command)
        {
            case ScreenCommand.Sort:
                screen.Ask(new MenuDialog("Sort by", [.. _columns.Select(static column => new MenuEntry(column.Heading, column.Description))],
                    (chosen, _) => SortBy(chosen), _sorted));
                return true;
            case ScreenCommand.SortInverted:
                _isInverted = !_isInverted;
                return true;
            case ScreenCommand.SortByMemory:
                (_sorted, _isInverted, _cursor.Row) = (3, false, 0);
                return true;
            case ScreenCommand.Collapse or ScreenCommand.Tree:
                _isFolded = !_isFolded;
                return true;
            default:
                return false;
        }
    }

    public void Click(int x, int y)
    {
        if (y > 0)
        {
            _cursor.Choose(y - 1);
            _start = Current?.Start;
            return;
        }

        foreach (var (from, to, column) in _headings)
        {
            if (x >= from && x < to) SortBy(column);
        }
    }

    public bool Search(string text, bool isBackward)
    {
        var isFound = _cursor.Find(isBackward, row =>
            _rows[row].Name.Contains(text, StringComparison.OrdinalIgnoreCase) || Address(_rows[row]).Contains(text, StringComparison.OrdinalIgnoreCase));
        _start = Current?.Start;
        return isFound;
    }

    private void SortBy(int column)
    {
        _isInverted = column == _sorted && !_isInverted;
        (_sorted, _cursor.Row) = (column, 0);
    }

    private void Arrange(List<AreaRow> areas)
    {
        var madeOf = (areas, _sorted, _isInverted, _isFolded);
        if (madeOf == _madeOf) return;
        _madeOf = madeOf;
        _rows = _isFolded ? AreaRow.Fold(areas) : [.. areas];
        var sign = IsDescending ? -1 : 1;
        _rows.Sort((left, right) => Compare(left, right) is not 0 and var difference ? sign * difference : left.Start.CompareTo(right.Start));
        if (_cursor.Row == 0 || _start is not { } start) return;
        var place = _rows.FindIndex(row => row.Start == start);
        if (place < 0) place = _rows.FindIndex(row => row.Start <= start && start < row.End);
        if (place >= 0) _cursor.Row = place;
    }

    /// <summary>Sizes the largest first, addresses and texts the least.</summary>
    private bool IsDescending => _sorted is >= 2 and <= 9 != _isInverted;

    private int Compare(AreaRow left, AreaRow right) => _sorted switch
    {
        0 => left.Start.CompareTo(right.Start),
        1 => string.CompareOrdinal(left.Permissions, right.Permissions),
        10 => string.CompareOrdinal(left.Name, right.Name),
        _ => SizeOf(left, _sorted).CompareTo(SizeOf(right, _sorted)),
    };

    private static ulong SizeOf(AreaRow row, int column) => column switch
    {
        2 => row.Kilobytes,
        3 => row.Rss,
        4 => row.Pss,
        5 => row.PrivateDirty,
        6 => row.Anonymous,
        7 => row.Huge,
        8 => row.Referenced,
        _ => row.Swap,
    };

    private static string Address(AreaRow row) => row.Count > 1 ? $"{row.Count} areas" : $"{row.Start:x}-{row.End:x}";

    private void ChooseColumns(int width)
    {
        _visible.Clear();
        var room = width - 1 - LeastNameWidth;
        for (var i = 0; i < _columns.Length; i++)
        {
            _visible.Add(i);
            if (_columns[i].Width > 0) room -= _columns[i].Width + 1;
        }

        while (room < 0)
        {
            var worst = _visible[0];
            foreach (var column in _visible)
            {
                if (column != _sorted && _columns[column].Rank > _columns[worst].Rank) worst = column;
            }

            if (_columns[worst].Rank == 0) return;
            room += _columns[worst].Width + 1;
            _visible.Remove(worst);
        }
    }

    private void DrawHeading(Canvas canvas, Rect row, Glyphs glyphs)
    {
        _headings.Clear();
        canvas.Fill(row, ' ', Role.Header);
        var x = 1;
        foreach (var column in _visible)
        {
            var (heading, width, _, _) = _columns[column];
            if (width == 0) width = Math.Max(row.Width - x, 0);
            var role = column == _sorted ? Role.HeaderSorted : Role.Header;
            var isText = column is < 2 or 10;
            if (isText) canvas.Write(row, x, 0, heading, role);
            else canvas.WriteRight(row, x + width, 0, heading, role);
            if (column == _sorted) canvas.Put(row, isText ? x + heading.Length : x + width, 0, IsDescending ? glyphs.Down : glyphs.Up, role);
            _headings.Add((x - 1, x + width, column));
            x += width + 1;
        }
    }

    private void DrawRow(Canvas canvas, Rect row, AreaRow area)
    {
        var x = 1;
        foreach (var column in _visible)
        {
            var width = _columns[column].Width;
            if (column == 0) canvas.Write(row.Left(x + width), x, 0, Address(area));
            else if (column == 1) canvas.Write(row, x, 0, area.Permissions, Role.Dim);
            else if (column == 10) canvas.Write(row, x, 0, area.Name, area.Name.StartsWith('[') ? Role.Anon : Role.File);
            else WriteSize(canvas, row, x + width, SizeOf(area, column), column == 9);
            x += width + 1;
        }
    }

    private static void WriteSize(Canvas canvas, Rect row, int end, ulong kilobytes, bool isSwap) =>
        canvas.WriteRight(row, end, 0, Sizes.Kilobytes(kilobytes), kilobytes == 0 ? Role.Dim : isSwap ? Role.Swap : Role.Text);
}
