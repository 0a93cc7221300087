// All keys of the screen: what is pressed, what it does, how it is told. Footer, help and the README's table are made of this list.
//
// Keys are htop's and less's where both or either have the function. Those of the machine (stop, step, speed, time travel) shadow none of
// these: htop pauses with Z as well, and changes a nice value, which there is none of here, with F7, F8, [ and ].
//
// On panes of text (the log, why, help) nobody is under the cursor to be tagged or killed: there Space, b, j and k move, as in less.

using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Bindings;

public static class KeyBindings
{
    /// <summary>In the order in which help lists them.</summary>
    public static IReadOnlyList<Binding> All { get; } =
    [
        new(ScreenCommand.Up, [Of(KeyCode.Up)], BindingGroup.Moving, "a row up") { KeysInText = [Key.Of('k')] },
        new(ScreenCommand.Down, [Of(KeyCode.Down)], BindingGroup.Moving, "a row down") { KeysInText = [Key.Of('j')] },
        new(ScreenCommand.Left, [Of(KeyCode.Left)], BindingGroup.Moving, "columns to the left; vmstat: another column; LRU: a node"),
        new(ScreenCommand.Right, [Of(KeyCode.Right)], BindingGroup.Moving, "columns to the right"),
        new(ScreenCommand.PageUp, [Of(KeyCode.PageUp)], BindingGroup.Moving, "a page up") { KeysInText = [Key.Of('b'), Key.Control('b')] },
        new(ScreenCommand.PageDown, [Of(KeyCode.PageDown)], BindingGroup.Moving, "a page down") { KeysInText = [Key.Of(' '), Key.Of('f'), Key.Control('f')] },
        new(ScreenCommand.Home, [Of(KeyCode.Home), Key.Of('g')], BindingGroup.Moving, "to the first row"),
        new(ScreenCommand.End, [Of(KeyCode.End), Key.Of('G')], BindingGroup.Moving, "to the last row"),

        new(ScreenCommand.Panes, [Of(KeyCode.F2)], BindingGroup.Panes, "menu of all panes", "Panes"),
        new(ScreenCommand.NextPane, [Of(KeyCode.Tab)], BindingGroup.Panes, "next pane"),
        new(ScreenCommand.PreviousPane, [Of(KeyCode.BackTab)], BindingGroup.Panes, "previous pane"),
        new(ScreenCommand.Pane1, [Key.Of('1')], BindingGroup.Panes, "overview"),
        new(ScreenCommand.Pane2, [Key.Of('2')], BindingGroup.Panes, "top"),
        new(ScreenCommand.Pane3, [Key.Of('3')], BindingGroup.Panes, "vmstat"),
        new(ScreenCommand.Pane4, [Key.Of('4')], BindingGroup.Panes, "zoneinfo"),
        new(ScreenCommand.Pane5, [Key.Of('5')], BindingGroup.Panes, "dmesg"),
        new(ScreenCommand.Pane6, [Key.Of('6')], BindingGroup.Panes, "slabtop"),
        new(ScreenCommand.Pane7, [Key.Of('7')], BindingGroup.Panes, "pressure"),
        new(ScreenCommand.Pane8, [Key.Of('8')], BindingGroup.Panes, "LRU lists"),
        new(ScreenCommand.Pane9, [Key.Of('9')], BindingGroup.Panes, "memory map"),
        new(ScreenCommand.Pane0, [Key.Of('0')], BindingGroup.Panes, "free"),
        new(ScreenCommand.Enter, [Of(KeyCode.Enter)], BindingGroup.Panes, "into what the cursor is on: process, area, counter; vmstat: to then"),
        new(ScreenCommand.Escape, [Of(KeyCode.Escape)], BindingGroup.Panes, "back; closes a dialog, ends a search, drops a filter"),
        new(ScreenCommand.Why, [Key.Of('y')], BindingGroup.Panes, "why: explains what the cursor is on", "Why"),

        new(ScreenCommand.Search, [Of(KeyCode.F3), Key.Of('/')], BindingGroup.Lists, "search", "Search"),
        new(ScreenCommand.SearchNext, [Key.Of('n')], BindingGroup.Lists, "next match"),
        new(ScreenCommand.SearchPrevious, [Key.Of('N')], BindingGroup.Lists, "previous match"),
        new(ScreenCommand.Filter, [Of(KeyCode.F4), Key.Of('\\')], BindingGroup.Lists, "filter processes by a query", "Filter"),
        new(ScreenCommand.FilterByUser, [Key.Of('u')], BindingGroup.Lists, "only one user's processes"),
        new(ScreenCommand.Tree, [Of(KeyCode.F5), Key.Of('t')], BindingGroup.Lists, "processes as a tree", "Tree"),
        new(ScreenCommand.Collapse, [Key.Of('-'), Key.Of('+')], BindingGroup.Lists, "fold and unfold a branch of the tree"),
        new(ScreenCommand.Sort, [Of(KeyCode.F6), Key.Of('<'), Key.Of('>')], BindingGroup.Lists, "choose the column to sort by", "Sort"),
        new(ScreenCommand.SortInverted, [Key.Of('I')], BindingGroup.Lists, "turn the order round"),
        new(ScreenCommand.SortByCpu, [Key.Of('P')], BindingGroup.Lists, "sort by CPU"),
        new(ScreenCommand.SortByMemory, [Key.Of('M')], BindingGroup.Lists, "sort by resident memory"),
        new(ScreenCommand.SortByTime, [Key.Of('T')], BindingGroup.Lists, "sort by CPU time"),
        new(ScreenCommand.SortByPid, [Key.Of('p')], BindingGroup.Lists, "sort by pid"),
        new(ScreenCommand.Tag, [Key.Of(' ')], BindingGroup.Lists, "tag a process; actions then act on all that are tagged"),
        new(ScreenCommand.UntagAll, [Key.Of('U')], BindingGroup.Lists, "untag all"),
        new(ScreenCommand.Follow, [Key.Of('F')], BindingGroup.Lists, "follow: the process under the cursor, the end of the log"),
        new(ScreenCommand.HideKernelThreads, [Key.Of('K')], BindingGroup.Lists, "hide or show kernel threads"),
        new(ScreenCommand.OtherView, [Key.Of('x')], BindingGroup.Lists, "the other view: of counters only those that have changed; of the memory map how full it is"),

        new(ScreenCommand.Pause, [Key.Of('Z'), Key.Of('z')], BindingGroup.Machine, "stop the box, and let it go on", "Pause", Needs.Machine),
        new(ScreenCommand.Step, [Key.Of('s')], BindingGroup.Machine, "one step: a second, below normal speed a part of it", "", Needs.Machine),
        new(ScreenCommand.Slower, [Of(KeyCode.F7), Key.Of('[')], BindingGroup.Machine, "slower", "Slow", Needs.Machine),
        new(ScreenCommand.Faster, [Of(KeyCode.F8), Key.Of(']')], BindingGroup.Machine, "faster", "Fast", Needs.Machine),
        new(ScreenCommand.SecondBack, [Key.Of('(')], BindingGroup.Machine, "a second back", "", Needs.Machine),
        new(ScreenCommand.SecondForth, [Key.Of(')')], BindingGroup.Machine, "a second forth", "", Needs.Machine),
        new(ScreenCommand.MinuteBack, [Key.Of('{')], BindingGroup.Machine, "a minute back", "", Needs.Machine),
        new(ScreenCommand.MinuteForth, [Key.Of('}')], BindingGroup.Machine, "a minute forth", "", Needs.Machine),
        new(ScreenCommand.ToLastKill, [Key.Of('o')], BindingGroup.Machine, "back to just before the last OOM kill", "", Needs.Machine),
        new(ScreenCommand.ToLastBelowMin, [Key.Of('m')], BindingGroup.Machine, "back to when a zone last fell below min", "", Needs.Machine),
        new(ScreenCommand.ToFront, [Key.Of('=')], BindingGroup.Machine, "forth to where the session has come", "", Needs.Machine),
        new(ScreenCommand.ZoomIn, [Key.Of('v')], BindingGroup.Machine, "graphs and memory map: look closer"),
        new(ScreenCommand.ZoomOut, [Key.Of('V')], BindingGroup.Machine, "graphs and memory map: see more"),

        new(ScreenCommand.Kill, [Of(KeyCode.F9), Key.Of('k')], BindingGroup.Actions, "send a signal", "Kill", Needs.Writes),
        new(ScreenCommand.Actions, [Key.Of('d')], BindingGroup.Actions, "menu of everything that can be done to the box", "Do", Needs.Writes),
        new(ScreenCommand.OomScoreAdjust, [Key.Of('a')], BindingGroup.Actions, "set oom_score_adj", "", Needs.Writes),
        new(ScreenCommand.Tunable, [Key.Of('e')], BindingGroup.Actions, "set a tunable", "", Needs.Writes),
        new(ScreenCommand.StartWorkload, [Key.Of('r')], BindingGroup.Actions, "start or stop a workload", "", Needs.Writes),
        new(ScreenCommand.Swap, [Key.Of('W')], BindingGroup.Actions, "swapon, swapoff", "", Needs.Writes),
        new(ScreenCommand.Dump, [Key.Of('D')], BindingGroup.Actions, "write a dump of the box", "", Needs.Machine),
        new(ScreenCommand.Save, [Key.Of('S')], BindingGroup.Actions, "save the session", "", Needs.Machine),

        new(ScreenCommand.Help, [Of(KeyCode.F1), Key.Of('?'), Key.Of('h')], BindingGroup.Program, "help", "Help"),
        new(ScreenCommand.Console, [Key.Of(':')], BindingGroup.Program, "type a command to the box", "", Needs.Machine),
        new(ScreenCommand.NextTheme, [Key.Of('C')], BindingGroup.Program, "next theme: dark, light, high contrast"),
        new(ScreenCommand.Redraw, [Key.Control('l')], BindingGroup.Program, "draw the screen anew"),
        new(ScreenCommand.Suspend, [Key.Control('z')], BindingGroup.Program, "stop the program, as any other; fg brings it back"),
        new(ScreenCommand.Interrupt, [Key.Control('c')], BindingGroup.Program, "break off a command that runs; else quit"),
        new(ScreenCommand.Quit, [Of(KeyCode.F10), Key.Of('q')], BindingGroup.Program, "quit", "Quit"),
    ];

    private static readonly Dictionary<Key, Binding> _byKey = Index(static binding => binding.Keys);

    private static readonly Dictionary<Key, Binding> _byKeyInText = Index(static binding => binding.KeysInText);

    /// <summary>What a key does; null: nothing.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isInText">On a pane of text.</param>
    public static Binding? Find(Key key, bool isInText = false) =>
        isInText && _byKeyInText.GetValueOrDefault(key) is { } binding ? binding : _byKey.GetValueOrDefault(key);

    /// <summary>The binding of a command.</summary>
    public static Binding Of(ScreenCommand command)
    {
        foreach (var binding in All)
        {
            if (binding.Command == command) return binding;
        }

        throw new ArgumentOutOfRangeException(nameof(command), command, "has no key");
    }

    private static Key Of(KeyCode code) => new(code);

    private static Dictionary<Key, Binding> Index(Func<Binding, IReadOnlyList<Key>> keysOf)
    {
        var index = new Dictionary<Key, Binding>();
        foreach (var binding in All)
        {
            foreach (var key in keysOf(binding)) index.Add(key, binding);
        }

        return index;
    }
}
