// What the word at the cursor of a console line may become: commands, files, kernel parameters, processes, groups, signals, options.
//
// A pure function of the line and the tree. Words with quotes or backslashes in them are left alone. What a tool's options are is read
// from its own --help.

using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Session.Console.Commands;
using VboxMem.Tools;

namespace VboxMem.Session.Console;

/// <summary>What a word may become.</summary>
/// <param name="Start">Where in the line the word begins; it ends at the cursor.</param>
/// <param name="Candidates">The whole words it may become, in order. What goes on ends with '/', '.' or '='; behind the others a blank may follow.</param>
public sealed record Completion(int Start, IReadOnlyList<string> Candidates)
{
    /// <summary>What all candidates begin with; never shorter than the word, unless there is none.</summary>
    public string CommonStart
    {
        get
        {
            var common = Candidates.Count > 0 ? Candidates[0] : string.Empty;
            foreach (var candidate in Candidates)
            {
                var length = common.AsSpan().CommonPrefixLength(candidate);
                common = common[..length];
            }

            return common;
        }
    }
}

public static partial class ConsoleCompletion
{
    private const string SysctlRoot = "/proc/sys";
    private const string ServiceSuffix = ".service";

    /// <summary>What a shell takes for something else than a part of a name.</summary>
    private static readonly SearchValues<char> _special = SearchValues.Create(" \t\n'\"\\$`~{}*?[]<>|&;()#!");

    private static readonly string[] _managerVerbs = ["restart", "start", "stop"];
    private static readonly string[] _copyOperands = ["bs=", "conv=", "count=", "if=", "of=", "seek=", "skip=", "status="];
    private static readonly string[] _limitOptions = ["--as=", "--memlock=", "--pid", "--stack="];
    private static readonly string[] _swapOptions = ["-a", "-p"];

    /// <summary>Completes the word at a cursor.</summary>
    /// <param name="line">The line.</param>
    /// <param name="cursor">The place of the cursor, 0 to the length of the line.</param>
    /// <param name="tree">The files of the box.</param>
    /// <param name="groups">Its groups; null: not known.</param>
    public static Completion Complete(string line, int cursor, IFileTree tree, IReadOnlyCollection<string>? groups)
    {
        ArgumentNullException.ThrowIfNull(line);
        var head = line[..Math.Clamp(cursor, 0, line.Length)];
        var start = head.LastIndexOfAny([' ', '\t', '|', '&', ';', '<', '>']) + 1;
        var word = head[start..];
        if (head.AsSpan().IndexOfAny("'\"\\#") >= 0)
        {
            return new Completion(start, []);
        }

        var before = head[(head.AsSpan(0, start).LastIndexOfAny("|&;") + 1)..start];
        var isTarget = before.TrimEnd(' ', '\t') is { Length: > 0 } text && text[^1] is '<' or '>';
        var words = before.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var candidates = isTarget ? Paths(tree, word)
            : words.Length == 0 ? Commands(tree, word)
            : Arguments(CommandTable.NameOf(words[0]), words[1..], word, tree, groups ?? []);
        return new Completion(start, [.. candidates.Where(candidate => candidate.StartsWith(word, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)]);
    }

    private static IEnumerable<string> Commands(IFileTree tree, string word) =>
        word.Contains('/', StringComparison.Ordinal) ? Paths(tree, word) : CommandTable.Names;

    private static IEnumerable<string> Arguments(string command, string[] before, string word, IFileTree tree, IReadOnlyCollection<string> groups)
    {
        switch (command)
        {
            case "kill" or "killall" or "pkill" when word.StartsWith('-'):
                return Signals().Select(static name => "-" + name);
            case "kill" when before is [.., "-s"]:
                return Signals();
            case "kill" or "killall" or "pkill":
                return ProcessNames(tree);
            case "choom" when before is [.., "-p"]:
                return ProcessNames(tree);
            case "prlimit" when before is [.., "--pid" or "-p"]:
                return ProcessNames(tree);
            case "prlimit":
                return _limitOptions;
            case "choom":
                return ["-n", "-p"];
            case "systemctl" when before.Length == 0:
                return _managerVerbs;
            case "systemctl" or "start" or "stop" or "restart":
                return groups.Concat(word.Contains('.', StringComparison.Ordinal) ? groups.Select(static group => group + ServiceSuffix) : []);
            case "swapon" or "swapoff":
                return word.StartsWith('-') ? _swapOptions : Disks(tree, isInUse: command == "swapoff");
            case "sysctl" when !word.StartsWith('-'):
                return Parameters(tree, word);
            case "dd":
                return _copyOperands;
            default:
                return word.StartsWith('-') ? OptionsOf(command, tree) : Paths(tree, word);
        }
    }

    private static IEnumerable<string> Signals() =>
        Enumerable.Range(1, SignalNames.Last).Select(static signal => SignalNames.NameOf(signal)).OfType<string>().Where(static name => !name.StartsWith("RT", StringComparison.Ordinal));

    private static IEnumerable<string> ProcessNames(IFileTree tree) =>
        ProcessesByName.All(tree).Select(static process => process.Name).Where(static name => !NeedsQuotes(name));

    /// <summary>Names in the directory that the word has got to; directories with a slash behind them.</summary>
    private static IEnumerable<string> Paths(IFileTree tree, string word)
    {
        var directory = word[..(word.LastIndexOf('/') + 1)];
        if (tree.TryList(CommandCall.Absolute(directory), out var names) != Errno.None)
        {
            yield break;
        }

        foreach (var name in names)
        {
            var path = directory + name;
            if (path.StartsWith(word, StringComparison.Ordinal) && !NeedsQuotes(name))
            {
                yield return tree.TryStat(CommandCall.Absolute(path), out var stat) == Errno.None && stat.Kind == NodeKind.Directory ? path + "/" : path;
            }
        }
    }

    /// <summary>Files below /proc/sys, a dot for each slash, as far as the word has got.</summary>
    private static IEnumerable<string> Parameters(IFileTree tree, string word)
    {
        var known = word[..(word.LastIndexOf('.') + 1)];
        var directory = $"{SysctlRoot}/{known.Replace('.', '/')}";
        if (word.AsSpan().IndexOfAny("=/") >= 0 || tree.TryList(directory, out var names) != Errno.None)
        {
            yield break;
        }

        foreach (var name in names.Where(static name => !name.Contains('.', StringComparison.Ordinal)))
        {
            var isDirectory = tree.TryStat(directory + name, out var stat) == Errno.None && stat.Kind == NodeKind.Directory;
            yield return isDirectory ? $"{known}{name}." : known + name;
        }
    }

    /// <summary>Disks that are in use as swap, or those that are not.</summary>
    private static IEnumerable<string> Disks(IFileTree tree, bool isInUse)
    {
        var used = WordsOf(tree, "/proc/swaps", 0).ToList();
        return isInUse ? used : WordsOf(tree, "/proc/partitions", 3).Select(static name => "/dev/" + name).Except(used);
    }

    /// <summary>A column of a table with a line of headings; empty lines have none.</summary>
    private static IEnumerable<string> WordsOf(IFileTree tree, string file, int column)
    {
        if (tree.TryRead(file, out var content) != Errno.None)
        {
            return [];
        }

        return Encoding.UTF8.GetString(content.Span).Split('\n').Skip(1)
            .Select(static line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length > column).Select(words => words[column]);
    }

    /// <summary>The long options that a tool's help speaks of.</summary>
    private static IEnumerable<string> OptionsOf(string command, IFileTree tree)
    {
        if (ToolRegistry.Find(command) is not { } tool)
        {
            return [];
        }

        using var help = new StringWriter();
        _ = tool(["--help"], new ToolContext { Tree = tree, Out = help, Error = help });
        return LongOption.Matches(help.ToString()).Select(static match => match.Value);
    }

    private static bool NeedsQuotes(string name) => name.AsSpan().ContainsAny(_special);

    [GeneratedRegex("(?<![A-Za-z0-9-])--[a-z][a-z0-9-]*(?![a-z0-9-])")]
    private static partial Regex LongOption { get; }
}
