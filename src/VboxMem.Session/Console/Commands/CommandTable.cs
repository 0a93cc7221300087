using VboxMem.Session.Console.Filters;
using VboxMem.Tools;

namespace VboxMem.Session.Console.Commands;

/// <summary>All commands by name: the console's own, then the tools.</summary>
internal static class CommandTable
{
    private static readonly string[] _folders = ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"];

    private static readonly SortedDictionary<string, ConsoleCommand> _own = Make();

    /// <summary>All names, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _own.Keys.Concat(ToolRegistry.All.Select(static tool => tool.Key)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>A command's name without the folder that it lies in on a real box.</summary>
    public static string NameOf(string word)
    {
        var folder = Array.Find(_folders, folder => word.StartsWith(folder, StringComparison.Ordinal));
        return folder is null ? word : word[folder.Length..];
    }

    /// <returns>Null when there is none of that name.</returns>
    public static ConsoleCommand? Find(string name) =>
        _own.TryGetValue(name, out var own) ? own
        : ToolRegistry.Find(name) is { } tool ? ToolCommand.Of(name, tool)
        : null;

    private static SortedDictionary<string, ConsoleCommand> Make()
    {
        var table = new SortedDictionary<string, ConsoleCommand>(StringComparer.Ordinal);
        foreach (var command in (ConsoleCommand[])
            [
                Cat.Command, Grep.Command, Head.Command, TailFilter.Command, Sort.Command, WordCount.Command,
                Echo.Command, Ls.Command, Date.Command, Sleep.Command, Kill.Command, Killall.Command, Pkill.Command,
                SwapSwitch.On, SwapSwitch.Off, Sync.Command, Dd.Command, Prlimit.Command, Choom.Command,
                Systemctl.Command, Systemctl.Start, Systemctl.Stop, Systemctl.Restart,
                Trivial.True, Trivial.False, Trivial.Colon, Trivial.Wait, Trivial.Help,
            ])
        {
            table.Add(command.Name, command);
        }

        return table;
    }
}
