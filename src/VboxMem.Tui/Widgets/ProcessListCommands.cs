using VboxMem.Tools.Filters;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Dialogs;

namespace VboxMem.Tui.Widgets;

/// <summary>What keys and clicks do in the process table.</summary>
internal sealed partial class ProcessList
{
    private const string FilterHelp =
        "filter: FIELD = != < <= > >= NUMBER, or of texts FIELD = != ~ !~ WORD, with and, or, not ( ); a WORD alone is looked for in name and command. "
        + "Such as rss > 50MiB and (user = www-data or name ~ leak), state = D, swap > 0, faults/s > 1000. Tab names the fields; an empty line drops the filter.";

    private readonly List<string> _filterHistory = [];

    /// <summary>Obeys a key.</summary>
    /// <returns>False: it means nothing here.</returns>
    public bool Obey(ScreenCommand command, Screen screen)
    {
        if (_cursor.Obey(command))
        {
            Pin(screen);
            return true;
        }

        switch (command)
        {
            case ScreenCommand.Left or ScreenCommand.Right:
                _shift = Math.Clamp(_shift + (command == ScreenCommand.Right ? 1 : -1), 0, 100);
                return true;
            case ScreenCommand.Enter:
                if (Current is { } current) screen.View.Choices.SelectedPid = current.Pid;
                screen.Open("process");
                return true;
            case ScreenCommand.Tag:
                Tag(screen);
                return true;
            case ScreenCommand.UntagAll:
                screen.View.Choices.TaggedPids.Clear();
                return true;
            case ScreenCommand.Kill or ScreenCommand.OomScoreAdjust when Current is null && screen.View.Choices.TaggedPids.Count == 0:
                screen.SayWrong("nobody is in the list: Esc drops the filter");   // who was chosen before it is not to be hit unseen
                return true;
            case ScreenCommand.Follow:
                _isFollowing = !_isFollowing;
                return true;
            default:
                return ObeyOrder(command, screen) || ObeyFilter(command, screen);
        }
    }

    /// <summary>Takes a click, in columns and rows of the table.</summary>
    public void Click(int x, int y, Screen screen)
    {
        if (y > 0)
        {
            _cursor.Choose(y - 1);
            Pin(screen);
            return;
        }

        foreach (var (from, to, column) in _headings)
        {
            if (y == 0 && x >= from && x < to) SortBy(column);
        }
    }

    /// <summary>Looks for a text in names and command lines.</summary>
    public bool Search(string text, bool isBackward, ScreenView view)
    {
        var table = Update(view);
        var isFound = _cursor.Find(isBackward, place =>
        {
            var row = table.Rows[place];
            if (ProcessText.Name(row.Record, isUtf8: true).Contains(text, StringComparison.OrdinalIgnoreCase)) return true;
            return !row.IsKernelThread
                && ProcessText.CommandLine(table.Details(row, ProcessFiles.CommandLine), isUtf8: true).Contains(text, StringComparison.OrdinalIgnoreCase);
        });
        if (isFound && Current is { } current) (view.Choices.SelectedPid, _shownPid, _isPinned) = (current.Pid, current.Pid, true);
        return isFound;
    }

    private bool ObeyOrder(ScreenCommand command, Screen screen)
    {
        switch (command)
        {
            case ScreenCommand.Sort:
                var columns = ProcessColumns.All;
                screen.Ask(new MenuDialog("Sort by", [.. columns.Select(static column => new MenuEntry(column.Heading, column.Description))],
                    (chosen, _) => SortBy(columns[chosen]), Math.Max(columns.ToList().IndexOf(_sorted), 0)));
                return true;
            case ScreenCommand.SortInverted:
                _isInverted = !_isInverted;
                ToTop();
                return true;
            case ScreenCommand.SortByCpu:
                return SortBy("%CPU");
            case ScreenCommand.SortByMemory:
                return SortBy("RES");
            case ScreenCommand.SortByTime:
                return SortBy("TIME+");
            case ScreenCommand.SortByPid:
                return SortBy("PID");
            case ScreenCommand.Tree:
                _isTree = !_isTree;
                _choices++;
                return true;
            case ScreenCommand.HideKernelThreads:
                _hidesKernelThreads = !_hidesKernelThreads;
                _choices++;
                return true;
            case ScreenCommand.Collapse:
                Fold(screen);
                return true;
            default:
                return false;
        }
    }

    private bool ObeyFilter(ScreenCommand command, Screen screen)
    {
        var choices = screen.View.Choices;
        switch (command)
        {
            case ScreenCommand.Filter:
                screen.Ask(new PromptDialog("filter: ", static (text, screen) => StartFilter(text, screen), choices.FilterText)
                    { Help = FilterHelp, History = _filterHistory, Complete = CompleteField });
                return true;
            case ScreenCommand.FilterByUser:
                AskUser(screen);
                return true;
            case ScreenCommand.Escape when choices.FilterText.Length > 0:
                choices.FilterText = "";
                return true;
            default:
                return false;
        }
    }

    /// <summary>Which user, as htop asks it; what is chosen becomes the filter.</summary>
    private static void AskUser(Screen screen)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var now = screen.View.Now;
        foreach (var record in now.Processes(ProcessFiles.Owner))
        {
            var user = now.Accounts.UserName(record.EffectiveUser);
            counts[user] = counts.GetValueOrDefault(user) + 1;
        }

        var users = counts.Keys.ToArray();
        List<MenuEntry> entries = [new MenuEntry("all users", "no filter")];
        foreach (var (user, count) in counts) entries.Add(new MenuEntry(user, $"{count} {(count == 1 ? "process" : "processes")}"));
        screen.Ask(new MenuDialog("Processes of", entries, (chosen, asked) => asked.View.Choices.FilterText = chosen == 0 ? "" : $"user = {users[chosen - 1]}"));
    }

    private static string StartFilter(string text, Screen screen)
    {
        text = text.Trim();
        var problem = "";
        if (text.Length > 0 && ProcessFilter.TryParse(text, out problem) is null) return problem;
        screen.View.Choices.FilterText = text;
        return "";
    }

    private static (int Start, IReadOnlyList<string> Candidates) CompleteField(string line, int cursor)
    {
        var start = cursor;
        while (start > 0 && (char.IsAsciiLetterOrDigit(line[start - 1]) || line[start - 1] is '_' or '/')) start--;
        var word = line[start..cursor];
        var candidates = new List<string>();
        foreach (var field in ProcessFilter.KnownFields)
        {
            if (field.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase)) candidates.Add(field.Name);
        }

        return (start, candidates);
    }

    /// <summary>The same column again turns the order round.</summary>
    private void SortBy(ProcessColumn column)
    {
        _isInverted = column == _sorted && !_isInverted;
        _sorted = column;
        ToTop();
    }

    private bool SortBy(string heading)
    {
        (_sorted, _isInverted) = (ProcessColumns.Find(heading), false);
        ToTop();
        return true;
    }

    /// <summary>Another order shows who is first in it, unless a process is followed.</summary>
    private void ToTop()
    {
        _choices++;
        _isPinned = false;
        if (!_isFollowing) _cursor.Row = 0;
    }

    private void Fold(Screen screen)
    {
        if (!_isTree || Current is not { } current)
        {
            screen.SayWrong("only branches of the tree fold: t shows it");
            return;
        }

        if (!_folded.Remove(current.Pid)) _folded.Add(current.Pid);
        _choices++;
    }

    private void Tag(Screen screen)
    {
        if (Current is not { } current) return;
        var tagged = screen.View.Choices.TaggedPids;
        if (!tagged.Remove(current.Pid)) tagged.Add(current.Pid);
        _cursor.Obey(ScreenCommand.Down);
        Pin(screen);
    }

    /// <summary>From now on the cursor goes with its process, unless it stands at the top.</summary>
    private void Pin(Screen screen)
    {
        _isPinned = _cursor.Row > 0;
        if (Current is { } current) screen.View.Choices.SelectedPid = _shownPid = current.Pid;
    }
}
