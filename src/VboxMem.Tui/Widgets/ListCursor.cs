using VboxMem.Tui.Bindings;

namespace VboxMem.Tui.Widgets;

/// <summary>Which row of a list is chosen, and which rows are seen.</summary>
public sealed class ListCursor
{
    /// <summary>The chosen row.</summary>
    public int Row { get; set; }

    /// <summary>The first row that is seen.</summary>
    public int Top { get; private set; }

    /// <summary>Rows that are seen at once.</summary>
    public int Page { get; private set; } = 1;

    public int Count { get; private set; }

    /// <summary>Brings the chosen row into the list and into sight; called before drawing.</summary>
    public void Fit(int count, int page)
    {
        (Count, Page) = (count, Math.Max(page, 1));
        Row = Math.Clamp(Row, 0, Math.Max(count - 1, 0));
        if (Row < Top) Top = Row;
        if (Row >= Top + Page) Top = Row - Page + 1;
        Top = Math.Clamp(Top, 0, Math.Max(count - Page, 0));
    }

    /// <summary>Moves.</summary>
    /// <returns>False: the command is none of moving up or down.</returns>
    public bool Obey(ScreenCommand command)
    {
        var row = command switch
        {
            ScreenCommand.Up => Row - 1,
            ScreenCommand.Down => Row + 1,
            ScreenCommand.PageUp => Row - Page,
            ScreenCommand.PageDown => Row + Page,
            ScreenCommand.Home => 0,
            ScreenCommand.End => Count - 1,
            _ => -2,
        };
        if (row == -2) return false;
        if (command is ScreenCommand.PageUp or ScreenCommand.PageDown) Top += row - Row;   // what is seen moves by a page too
        Row = Math.Clamp(row, 0, Math.Max(Count - 1, 0));
        return true;
    }

    /// <summary>Chooses the row at a place in sight.</summary>
    public void Choose(int rowInSight)
    {
        if (rowInSight >= 0 && Top + rowInSight < Count) Row = Top + rowInSight;
    }

    /// <summary>Looks for a row from the chosen one on, round the end; chooses it.</summary>
    public bool Find(bool isBackward, Func<int, bool> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        for (var step = 1; step <= Count; step++)
        {
            var row = (((Row + (isBackward ? -step : step)) % Count) + Count) % Count;
            if (!matches(row)) continue;
            Row = row;
            return true;
        }

        return false;
    }
}
