// prlimit and choom: the limits of a running process that the kernel enforces here, and its oom_score_adj.
//
// Models   util-linux 2.41: prlimit --pid with --as --memlock --stack and soft:hard; choom -p -n.
// Departs  a process may be given by its name too. Limits are not listed: /proc/PID/limits does that.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Sched;

namespace VboxMem.Session.Console.Commands;

internal static class Prlimit
{
    private static readonly (string Name, char Letter, LimitKind Kind)[] _limits =
        [("as", 'v', LimitKind.AddressSpace), ("memlock", 'l', LimitKind.LockedMemory), ("stack", 's', LimitKind.Stack)];

    public static ConsoleCommand Command { get; } = new("prlimit")
    {
        Run = Run,
        CanChange = static _ => true,
        Check = static check => TryParse(check.Arguments, out _, out _, out var problem) ? null : $"prlimit: {problem}",
    };

    /// <param name="Kind">Which limit.</param>
    /// <param name="Name">As the option names it.</param>
    /// <param name="Soft">Null: it stays.</param>
    /// <param name="Hard">Likewise.</param>
    private sealed record Change(LimitKind Kind, string Name, ulong? Soft, ulong? Hard);

    private static int Run(CommandCall call)
    {
        if (!TryParse(call.Arguments, out var target, out var changes, out var problem))
        {
            throw new CommandException(problem);
        }

        var pids = ProcessesByName.PidsOrNamed(call.Host.Tree, target);
        if (pids.Count == 0)
        {
            throw new CommandException($"{target}: {Errno.ESRCH.Describe()}");
        }

        var status = 0;
        foreach (var pid in pids)
        {
            foreach (var change in changes)
            {
                var errno = call.Host.Verbs?.TrySetLimit(pid, change.Kind, change.Soft, change.Hard) ?? Errno.EROFS;
                if (errno != Errno.None)
                {
                    call.Complain($"failed to set the {change.Name.ToUpperInvariant()} resource limit: {errno.Describe()}");
                    status = 1;
                }
            }
        }

        return status;
    }

    private static bool TryParse(IReadOnlyList<string> arguments, out string target, out IReadOnlyList<Change> changes, out string problem)
    {
        (target, changes, problem) = (string.Empty, [], string.Empty);
        var found = new List<Change>();
        try
        {
            var options = new ShortOptions(
                arguments, "p:v:l:s:", [("pid", 'p'), .. _limits.Select(static limit => (limit.Name, limit.Letter))]);
            target = options.ValueOf('p') ?? string.Empty;
            foreach (var (letter, value) in options.Given.Where(static option => option.Letter != 'p'))
            {
                var (name, _, kind) = Array.Find(_limits, limit => limit.Letter == letter);
                var parts = value.Split(':');
                ulong? soft = null, hard = null;
                if (parts.Length > 2 || value is "" or ":" || !TryLimit(parts[0], out soft) || !TryLimit(parts[^1], out hard))
                {
                    problem = $"failed to parse {name.ToUpperInvariant()} limit: '{value}', allowed is SOFT:HARD in bytes, or unlimited";
                    return false;
                }

                found.Add(new Change(kind, name, soft, hard));
            }

            changes = found;
            problem = target.Length == 0 ? "--pid is wanted"
                : options.Operands.Count > 0 ? "programs are not started here"
                : found.Count == 0 ? "a limit to set is wanted: --as, --memlock or --stack; /proc/PID/limits lists them"
                : string.Empty;
        }
        catch (CommandException wrong)
        {
            problem = wrong.Message;
        }

        return problem.Length == 0;
    }

    /// <summary>Nothing: it stays.</summary>
    private static bool TryLimit(string text, out ulong? limit)
    {
        limit = text is "unlimited" or "-1" ? ProcessLimits.Unlimited
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
            : null;
        return limit is not null || text.Length == 0;
    }
}

/// <summary>choom: shows or changes oom_score_adj.</summary>
internal static class Choom
{
    private const int Highest = 1000;

    public static ConsoleCommand Command { get; } = new("choom")
    {
        Run = Run,
        CanChange = static arguments => arguments.Any(static argument => argument.StartsWith("-n", StringComparison.Ordinal) || argument.StartsWith("--adjust", StringComparison.Ordinal)),
        Check = static check => TryParse(check.Arguments, out _, out _, out var problem) ? null : $"choom: {problem}",
    };

    private static int Run(CommandCall call)
    {
        if (!TryParse(call.Arguments, out var target, out var adjust, out var problem))
        {
            throw new CommandException(problem);
        }

        var pids = ProcessesByName.PidsOrNamed(call.Host.Tree, target);
        if (pids.Count == 0)
        {
            throw new CommandException($"{target}: {Errno.ESRCH.Describe()}");
        }

        foreach (var pid in pids)
        {
            var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/");
            var before = Read(call, folder + "oom_score_adj");
            if (adjust is null)
            {
                call.Print($"pid {pid}'s current OOM score: {Read(call, folder + "oom_score")}\npid {pid}'s current OOM score adjust value: {before}\n");
                continue;
            }

            var errno = call.Host.Tree.TryWrite(folder + "oom_score_adj", Encoding.UTF8.GetBytes(adjust));
            if (errno != Errno.None)
            {
                throw new CommandException($"failed to set score adjust value: {errno.Describe()}");
            }

            call.Print($"pid {pid}'s OOM score adjust value changed from {before} to {adjust}\n");
        }

        return 0;
    }

    private static string Read(CommandCall call, string path) => call.TryRead(path, out var content) is var errno && errno == Errno.None
        ? Encoding.UTF8.GetString(content.Span).Trim()
        : throw new CommandException($"failed to read OOM score value: {errno.Describe()}");

    private static bool TryParse(IReadOnlyList<string> arguments, out string target, out string? adjust, out string problem)
    {
        (target, adjust, problem) = (string.Empty, null, string.Empty);
        try
        {
            var options = new ShortOptions(arguments, "p:n:", [("pid", 'p'), ("adjust", 'n')], seeHelp: "choom");
            (target, adjust) = (options.ValueOf('p') ?? string.Empty, options.ValueOf('n'));
            problem = target.Length == 0 || options.Operands.Count > 0 ? "no PID or COMMAND specified: programs are not started here"
                : adjust is not null && !(int.TryParse(adjust, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value is >= -Highest and <= Highest)
                    ? $"invalid adjust argument: '{adjust}'"
                : string.Empty;
        }
        catch (CommandException wrong)
        {
            problem = wrong.Message;
        }

        return problem.Length == 0;
    }
}
