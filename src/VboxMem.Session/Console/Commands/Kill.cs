// kill, bash's own: signals to processes by pid, and here by name too.
//
// Models   bash 5.2: kill with -SIGNAL, -s, -n, -l, -L.
// Departs  what is no number is the name of processes; bash knows only its jobs.

using System.Globalization;
using VboxMem.FileTree;

namespace VboxMem.Session.Console.Commands;

internal static class Kill
{
    private const string Usage = "usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]";
    private const int UsageStatus = 2;

    public static ConsoleCommand Command { get; } = new("kill")
    {
        IsBuiltIn = true,
        Run = Run,
        CanChange = static arguments => arguments.Count > 0 && arguments[0] is not ("-l" or "-L"),
        Check = static check => TryParse(check.Arguments, out _, out _, out var problem) ? null : $"kill: {problem}",
    };

    private static int Run(CommandCall call)
    {
        if (call.Arguments.Count > 0 && call.Arguments[0] is "-l" or "-L")
        {
            return List(call);
        }

        if (!TryParse(call.Arguments, out var signal, out var targets, out var problem))
        {
            if (problem == Usage)
            {
                call.Complain(problem);
                return UsageStatus;
            }

            call.ComplainAsBash(problem);
            return 1;
        }

        var status = 1;
        foreach (var target in targets)
        {
            status = Send(call, target, signal, status);
        }

        return status;
    }

    /// <returns>0 once one signal has come through.</returns>
    private static int Send(CommandCall call, string target, int signal, int status)
    {
        if (int.TryParse(target, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pid))
        {
            return SendTo(call, pid, signal, status);
        }

        var pids = ProcessesByName.PidsOf(call.Host.Tree, target);
        if (pids.Count == 0)
        {
            call.ComplainAsBash($"{target}: arguments must be process or job IDs");
        }

        foreach (var found in pids)
        {
            status = SendTo(call, found, signal, status);
        }

        return status;
    }

    private static int SendTo(CommandCall call, int pid, int signal, int status)
    {
        var errno = call.Host.Tree.TrySignal(pid, signal);
        if (errno == Errno.None)
        {
            return 0;
        }

        call.ComplainAsBash(string.Create(CultureInfo.InvariantCulture, $"({pid}) - {errno.Describe()}"));
        return status;
    }

    private static bool TryParse(IReadOnlyList<string> arguments, out int signal, out IReadOnlyList<string> targets, out string problem)
    {
        signal = SignalNames.Terminate;
        problem = string.Empty;
        var first = 0;
        if (arguments.Count > 0 && arguments[0] is "-l" or "-L")
        {
            targets = [];
            return true;
        }

        if (arguments.Count > 0 && arguments[0].StartsWith('-') && arguments[0].Length > 1 && arguments[0] != "--")
        {
            var isNamed = arguments[0] is "-s" or "-n";
            if (isNamed && arguments.Count == 1)
            {
                targets = [];
                problem = $"{arguments[0]}: option requires an argument";
                return false;
            }

            var name = isNamed ? arguments[1] : arguments[0].TrimStart('-');
            if (!SignalNames.TryParse(name, out signal))
            {
                targets = [];
                problem = $"{name}: invalid signal specification";
                return false;
            }

            first = isNamed ? 2 : 1;
        }

        first += first < arguments.Count && arguments[first] == "--" ? 1 : 0;
        targets = [.. arguments.Skip(first)];
        problem = targets.Count == 0 ? Usage : string.Empty;
        return targets.Count > 0;
    }

    private static int List(CommandCall call)
    {
        if (call.Arguments.Count == 1)
        {
            call.Print(SignalNames.Table());
            return 0;
        }

        var status = 0;
        foreach (var argument in call.Arguments.Skip(1))
        {
            const int KilledBy = 128;
            var isNumber = int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            number -= number > KilledBy ? KilledBy : 0;   // an exit status
            if (isNumber && number <= SignalNames.Last && SignalNames.NameOf(number) is { } name)
            {
                call.Print(name + "\n");
            }
            else if (!isNumber && SignalNames.TryParse(argument, out var signal))
            {
                call.Print(string.Create(CultureInfo.InvariantCulture, $"{signal}\n"));
            }
            else
            {
                call.ComplainAsBash($"{argument}: invalid signal specification");
                status = 1;
            }
        }

        return status;
    }
}
