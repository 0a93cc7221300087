// Puts on a terminal what differs between the grid that it shows and the next one.
//
// Each refresh is one block of bytes inside a synchronized update (mode 2026, which terminals that have it not pass over), so that nothing
// is seen half drawn. Cells that are alike between two changes are skipped when that is shorter than moving the cursor. A whole picture is
// made of sequences that stand by themselves; a change of one is said in as few bytes as can be.
//
// Invariants
//   W1  After a block the terminal shows the grid given last, if it shows nothing else.
//   W2  Nothing is written where nothing differs.

using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Terminal;

/// <param name="theme">How roles look.</param>
public sealed class ScreenWriter(Theme theme)
{
    /// <summary>Unchanged cells that are cheaper written again than jumped over.</summary>
    private const int ShortestJump = 5;

    private readonly Canvas _shown = new(0, 0);
    private readonly ArrayBufferWriter<byte> _out = new(1 << 14);
    private bool _isKnown;
    private bool _isWhole;
    private Role? _role;

    public Theme Theme { get; set; } = theme;

    /// <summary>What the terminal shows is not known any more: all is written next time.</summary>
    public void Forget() => _isKnown = false;

    /// <summary>The bytes that bring the terminal to a grid; valid until the next call.</summary>
    public ReadOnlySpan<byte> Update(Canvas canvas)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        _out.ResetWrittenCount();
        _role = null;
        var isAll = _isWhole = !_isKnown || _shown.Width != canvas.Width || _shown.Height != canvas.Height;
        if (isAll)
        {
            _shown.Resize(canvas.Width, canvas.Height);
            _shown.Clear();
            Write("\e[0m\e[2J"u8);
        }

        for (var y = 0; y < canvas.Height; y++) UpdateRow(canvas, y, isAll);
        if (_out.WrittenCount > 0 || canvas.Cursor != _shown.Cursor) PlaceCursor(canvas.Cursor);
        canvas.CopyTo(_shown);
        _isKnown = true;
        return _out.WrittenSpan;
    }

    private void UpdateRow(Canvas canvas, int y, bool isAll)
    {
        var row = canvas.Row(y);
        var shown = _shown.Row(y);
        var at = -1;   // where the terminal's cursor is in this row; -1: elsewhere
        for (var x = isAll ? 0 : AlikeAtStart(row, shown); x < row.Length; x++)
        {
            if (row[x] == shown[x] && !(isAll && row[x] != new Cell(' ', Role.Text))) continue;
            if (row[x].Character == 0 && x > 0) x--;   // the whole of a wide character
            if (at >= 0 && x - at > ShortestJump && !_isWhole) MoveRight(x - at);
            else if (at < 0 || x - at > ShortestJump) MoveTo(x, y);
            else for (; at < x; at++) Put(row[at]);
            while (x < row.Length && (row[x] != shown[x] || row[x].Character == 0)) Put(row[x++]);
            at = x--;
        }
    }

    private static int AlikeAtStart(ReadOnlySpan<Cell> row, ReadOnlySpan<Cell> shown) =>
        MemoryMarshal.Cast<Cell, uint>(row).CommonPrefixLength(MemoryMarshal.Cast<Cell, uint>(shown));

    private void Put(Cell cell)
    {
        if (cell.Character == 0) return;
        if (_role != cell.Role)
        {
            Write(_isWhole || _role is not { } before ? Theme.SequenceOf(cell.Role) : Theme.ChangeOf(before, cell.Role));
            _role = cell.Role;
        }

        var span = _out.GetSpan(4);
        _out.Advance(new Rune(cell.Character).EncodeToUtf8(span));
    }

    private void MoveTo(int x, int y)
    {
        if (_out.WrittenCount == 0) Begin();
        var span = _out.GetSpan(24);
        Encoding.ASCII.TryGetBytes(string.Create(CultureInfo.InvariantCulture, $"\e[{y + 1};{x + 1}H"), span, out var written);
        _out.Advance(written);
    }

    /// <summary>Within a row.</summary>
    private void MoveRight(int columns)
    {
        var span = _out.GetSpan(16);
        Encoding.ASCII.TryGetBytes(string.Create(CultureInfo.InvariantCulture, $"\e[{columns}C"), span, out var written);
        _out.Advance(written);
    }

    private void Begin() => Write("\e[?2026h\e[?25l"u8);

    private void PlaceCursor((int X, int Y)? cursor)
    {
        Write("\e[0m"u8);
        if (cursor is { } place)
        {
            MoveTo(place.X, place.Y);
            Write("\e[?25h"u8);
        }
        else
        {
            Write("\e[?25l"u8);
        }

        Write("\e[?2026l"u8);
    }

    private void Write(ReadOnlySpan<byte> bytes) => _out.Write(bytes);
}
