using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Session.Console.Filters;

namespace VboxMem.Session.Console.Commands;

/// <summary>killall: a signal to all processes of a name. Models psmisc 23.7, its options -SIGNAL -s -q.</summary>
internal static class Killall
{
    public static ConsoleCommand Command { get; } = new("killall")
    {
        Run = Run,
        CanChange = static _ => true,
        Check = static check => TryParse(check.Arguments, out _, out _, out _, out var problem) ? null : $"killall: {problem}",
    };

    private static int Run(CommandCall call)
    {
        if (!TryParse(call.Arguments, out var signal, out var names, out var isQuiet, out var problem))
        {
            throw new CommandException(problem);
        }

        var status = 0;
        foreach (var name in names)
        {
            var pids = ProcessesByName.PidsOf(call.Host.Tree, name);
            var hasSent = false;
            foreach (var pid in pids)
            {
                var errno = call.Host.Tree.TrySignal(pid, signal);
                hasSent |= errno == Errno.None;
                if (errno != Errno.None)
                {
                    call.Say(string.Create(CultureInfo.InvariantCulture, $"{name}({pid}): {errno.Describe()}"));
                }
            }

            if (!hasSent)
            {
                status = 1;
                if (!isQuiet)
                {
                    call.Say($"{name}: no process found");
                }
            }
        }

        return status;
    }

    private static bool TryParse(IReadOnlyList<string> arguments, out int signal, out IReadOnlyList<string> names, out bool isQuiet, out string problem)
    {
        (signal, isQuiet, problem) = (SignalNames.Terminate, false, string.Empty);
        var found = new List<string>();
        for (var at = 0; at < arguments.Count; at++)
        {
            var argument = arguments[at];
            var isNext = argument is "-s" or "--signal";
            if (argument is "-q" or "--quiet")
            {
                isQuiet = true;
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                var name = isNext ? at + 1 < arguments.Count ? arguments[++at] : string.Empty : argument[1..];
                if (!SignalNames.TryParse(name, out signal))
                {
                    problem = $"{name}: unknown signal";
                }
            }
            else
            {
                found.Add(argument);
            }
        }

        names = found;
        problem = problem.Length == 0 && found.Count == 0 ? "names of processes are wanted" : problem;
        return problem.Length == 0;
    }
}

/// <summary>pkill: a signal to the processes whose names match an expression. Models procps-ng 4.0.4, its options -SIGNAL --signal -x -f -e.</summary>
internal static class Pkill
{
    private const int NobodyMatched = 1;
    private const int UsageStatus = 2;

    public static ConsoleCommand Command { get; } = new("pkill")
    {
        Run = Run,
        CanChange = static _ => true,
        Check = static check => TryParse(check.Arguments, out _, out _, out _, out var problem) ? null : $"pkill: {problem}",
    };

    private static int Run(CommandCall call)
    {
        if (!TryParse(call.Arguments, out var signal, out var pattern, out var letters, out var problem))
        {
            throw new CommandException(problem, UsageStatus);
        }

        var status = NobodyMatched;
        foreach (var (pid, name) in ProcessesByName.All(call.Host.Tree).ToArray())
        {
            var text = letters.Contains('f', StringComparison.Ordinal) ? ProcessesByName.CommandLineOf(call.Host.Tree, pid, name) : name;
            if (!pattern!.IsMatch(text))
            {
                continue;
            }

            var errno = call.Host.Tree.TrySignal(pid, signal);
            if (errno != Errno.None)
            {
                call.Complain(string.Create(CultureInfo.InvariantCulture, $"killing pid {pid} failed: {errno.Describe()}"));
                continue;
            }

            status = 0;
            if (letters.Contains('e', StringComparison.Ordinal))
            {
                call.Print(string.Create(CultureInfo.InvariantCulture, $"{name} killed (pid {pid})\n"));
            }
        }

        return status;
    }

    private static bool TryParse(IReadOnlyList<string> arguments, out int signal, out Regex? pattern, out string letters, out string problem)
    {
        (signal, pattern, problem) = (SignalNames.Terminate, null, string.Empty);
        var options = new StringBuilder();
        string? text = null;
        for (var at = 0; at < arguments.Count && problem.Length == 0; at++)
        {
            var argument = arguments[at];
            if (argument.Length < 2 || argument[0] != '-')
            {
                problem = text is null ? string.Empty : "only one pattern can be provided";
                text = argument;
            }
            else if (argument.StartsWith("--signal", StringComparison.Ordinal) || !argument.AsSpan(1).ContainsAnyExcept("xfe"))
            {
                var isSignal = argument[1] == '-';
                options.Append(isSignal ? string.Empty : argument[1..]);
                var name = !isSignal ? "TERM" : argument.Contains('=', StringComparison.Ordinal) ? argument[9..] : at + 1 < arguments.Count ? arguments[++at] : string.Empty;
                problem = isSignal && !SignalNames.TryParse(name, out signal) ? $"Unknown signal \"{name}\"." : string.Empty;
            }
            else if (!SignalNames.TryParse(argument[1..], out signal))
            {
                problem = $"invalid option {argument}";
            }
        }

        letters = options.ToString();
        problem = problem.Length == 0 && text is null ? "no matching criteria specified\nTry `pkill --help' for more information." : problem;
        return problem.Length == 0 && TryCompile(text!, letters, out pattern, out problem);
    }

    private static bool TryCompile(string text, string letters, out Regex? pattern, out string problem)
    {
        try
        {
            var expression = PosixPattern.Translate(text, isExtended: true);
            pattern = PosixPattern.Compile(letters.Contains('x', StringComparison.Ordinal) ? $"\\A(?:{expression})\\z" : expression, ignoresCase: false);
            problem = string.Empty;
            return true;
        }
        catch (PosixPatternException wrong)
        {
            pattern = null;
            problem = wrong.Message;
            return false;
        }
    }
}
