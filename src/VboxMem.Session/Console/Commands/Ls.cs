using VboxMem.FileTree;

namespace VboxMem.Session.Console.Commands;

/// <summary>
/// ls: names, one a line, as ls writes them where nobody looks on. Models GNU coreutils 9.7 in the C locale, with -1 -a -A -d -r -U.
/// </summary>
internal static class Ls
{
    private const int Minor = 1;
    private const int Trouble = 2;

    public static ConsoleCommand Command { get; } = new("ls") { Run = Run };

    private static int Run(CommandCall call)
    {
        var options = new ShortOptions(call.Arguments, "1aAdrU", [("all", 'a'), ("almost-all", 'A'), ("directory", 'd'), ("reverse", 'r')], Trouble, "ls");
        var files = new List<string>();
        var directories = new List<string>();
        var status = 0;
        foreach (var operand in options.Operands.Count > 0 ? options.Operands : ["."])
        {
            var errno = operand.Length == 0 ? Errno.ENOENT : Describe(call.Host.Tree, operand, out var isDirectory) is var found && isDirectory && !options.Has('d') ? Add(directories, operand, found) : Add(files, operand, found);
            if (errno != Errno.None)
            {
                call.Complain($"cannot access {Quoted.Of(operand)}: {errno.Describe()}");
                status = Trouble;
            }
        }

        Print(call, Ordered(files, options));
        var isFirst = files.Count == 0;
        foreach (var directory in Ordered(directories, options))
        {
            var names = isFirst && options.Operands.Count <= 1 ? string.Empty : $"{(isFirst ? string.Empty : "\n")}{directory}:\n";
            call.Print(names);
            isFirst = false;
            var errno = call.Host.Tree.TryList(CommandCall.Absolute(directory), out var listed);
            if (errno != Errno.None)
            {
                call.Complain($"cannot open directory {Quoted.Of(directory)}: {errno.Describe()}");
                status = Math.Max(status, options.Operands.Count == 0 ? Trouble : Minor);
                continue;
            }

            Print(call, Ordered(Shown(listed, options), options));
        }

        return status;
    }

    private static Errno Add(List<string> list, string name, Errno errno)
    {
        if (errno == Errno.None)
        {
            list.Add(name);
        }

        return errno;
    }

    private static Errno Describe(IFileTree tree, string name, out bool isDirectory)
    {
        var errno = tree.TryStat(CommandCall.Absolute(name), out var stat);
        isDirectory = errno == Errno.None
            && (stat.Kind == NodeKind.Directory || (stat.Kind == NodeKind.SymbolicLink && tree.TryList(CommandCall.Absolute(name), out _) == Errno.None));
        return errno;
    }

    private static IEnumerable<string> Shown(IReadOnlyList<string> names, ShortOptions options)
    {
        var shown = options.Has('a') || options.Has('A') ? names : names.Where(static name => !name.StartsWith('.'));
        return options.Has('a') ? shown.Concat([".", ".."]) : shown;
    }

    private static IEnumerable<string> Ordered(IEnumerable<string> names, ShortOptions options)
    {
        var ordered = options.Has('U') ? names : names.Order(StringComparer.Ordinal);
        return options.Has('r') && !options.Has('U') ? ordered.Reverse() : ordered;
    }

    private static void Print(CommandCall call, IEnumerable<string> names) => call.Print(string.Concat(names.Select(static name => name + "\n")));
}
