// A tunable: which one, what it does, what it may be, and its new value.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Dialogs;

internal static class TunableDialog
{
    /// <summary>All tunables that can be written, with their values; Enter asks for another one.</summary>
    public static Dialog Create(ScreenView view)
    {
        var table = view.Now.Debug("tunables");
        var names = table.Value is { } tunables ? Names(tunables) : Files(view.Now.Tree);
        return new MenuDialog("Tunables", [.. names.Select(name => new MenuEntry("vm." + name, Value(view.Now.Tree, name)))],
            (chosen, screen) => screen.Ask(Ask(view.Now.Tree, names[chosen], Describe(table.Value, names[chosen]))));
    }

    private static PromptDialog Ask(IFileTree tree, string name, string help) =>
        new($"vm.{name} = ", (text, screen) =>
        {
            var output = screen.Run($"sysctl -w vm.{name}=\"{text}\"", out var status);
            return status == 0 ? "" : output.Trim();
        }, Value(tree, name))
        { Help = help };

    private static string Describe(DebugTable? table, string name)
    {
        for (var row = 0; table is not null && row < table.RowCount; row++)
        {
            if (table[row, "name"] != name) continue;
            var range = table.Has(row, "min") || table.Has(row, "max") ? $" Allowed: {table[row, "min"]} to {table[row, "max"]}." : "";
            return $"{table[row, "description"]}{range}";
        }

        return "";
    }

    private static string[] Names(DebugTable table) => [.. Enumerable.Range(0, table.RowCount).Select(row => table[row, "name"])];

    private static string[] Files(IFileTree tree)
    {
        if (tree.TryList("/proc/sys/vm", out var names) != Errno.None) return [];
        return [.. names.Where(name => tree.TryStat("/proc/sys/vm/" + name, out var stat) == Errno.None && (stat.Mode & 0x80) != 0).Order(StringComparer.Ordinal)];
    }

    private static string Value(IFileTree tree, string name) =>
        tree.TryRead("/proc/sys/vm/" + name, out var content) == Errno.None ? Encoding.UTF8.GetString(content.Span).Trim().Replace('\t', ' ') : "";
}
