// Goal: a page down shows the next page, not only the next row.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Tests.Widgets;

public sealed class ListCursorTests
{
    [Fact]
    public void A_page_down_and_up_moves_what_is_seen_by_a_page()
    {
        var cursor = new ListCursor();
        cursor.Fit(100, 30);
        List<(int, int)> places = [];
        foreach (var command in (ReadOnlySpan<ScreenCommand>)[ScreenCommand.PageDown, ScreenCommand.PageDown, ScreenCommand.PageDown, ScreenCommand.PageUp, ScreenCommand.PageUp])
        {
            cursor.Obey(command);
            cursor.Fit(100, 30);
            places.Add((cursor.Top, cursor.Row));
        }

        Assert.Equal([(30, 30), (60, 60), (70, 90), (40, 60), (10, 30)], places);
    }
}
