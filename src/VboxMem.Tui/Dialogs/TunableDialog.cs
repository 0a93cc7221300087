// A tunable: which one, what it does, what it may be, and its new value.
//
// Reads   /sys/kernel/debug/vbox/tunables, by the names of its columns; where there is none, /proc/sys/vm alone, without explanations.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Dialogs;

internal static class TunableDialog
{
    private const string Folder = "/proc/sys/vm/";

    /// <summary>All tunables that can be written, with their values; Enter asks for another one.</summary>
    public static Dialog Create(Reading now)
    {
        var table = now.Debug("tunables").Value;
        var names = table is not null ? Names(table) : Files(now.Tree);
        var entries = new MenuEntry[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var value = Value(now.Tree, names[i]);
            var mark = RowOf(table, names[i]) is { } row && table![row, "acts"] == "0" ? "acts on nothing here" : "";
            entries[i] = new MenuEntry(names[i], $"{value,-18} {mark}".TrimEnd());
        }

        return new MenuDialog("Tunables: vm.", entries, (chosen, screen) => screen.Ask(Ask(now.Tree, names[chosen], table)));
    }

    private static PromptDialog Ask(IFileTree tree, string name, DebugTable? table)
    {
        var allowed = Allowed(table, name);
        return new PromptDialog($"vm.{name} = ", (text, screen) =>
        {
            var output = screen.Run($"sysctl -w vm.{name}=\"{text}\"", out var status).Trim();
            if (status != 0) return allowed.Length > 0 ? $"{output}\n{allowed}" : output;
            screen.Say(output);
            return "";
        }, Value(tree, name))
        { IsValue = true, Help = RowOf(table, name) is { } row ? $"{table![row, "description"]} {allowed}".TrimEnd() : "" };
    }

    private static string Allowed(DebugTable? table, string name)
    {
        if (RowOf(table, name) is not { } row || !table!.Has(row, "allowed")) return "";
        var unit = table.Has(row, "unit") ? $" {table[row, "unit"].Replace('-', ' ')}" : "";
        return $"Allowed: {table[row, "allowed"].Replace("..", " to ", StringComparison.Ordinal)}{unit}.";
    }

    private static int? RowOf(DebugTable? table, string name)
    {
        for (var row = 0; row < (table?.RowCount ?? 0); row++)
        {
            if (table![row, "name"] == name) return row;
        }

        return null;
    }

    private static string[] Names(DebugTable table) => [.. Enumerable.Range(0, table.RowCount).Select(row => table[row, "name"])];

    private static string[] Files(IFileTree tree)
    {
        if (tree.TryList(Folder, out var names) != Errno.None) return [];
        return [.. names.Where(name => tree.TryStat(Folder + name, out var stat) == Errno.None && (stat.Mode & 0x80) != 0).Order(StringComparer.Ordinal)];
    }

    private static string Value(IFileTree tree, string name) =>
        tree.TryRead(Folder + name, out var content) == Errno.None ? Encoding.UTF8.GetString(content.Span).Trim().Replace('\t', ' ') : "";
}
