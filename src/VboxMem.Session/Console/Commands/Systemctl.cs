// systemctl start, stop and restart, and the same verbs alone: the groups of the box.
//
// They wait as systemctl does: until the processes are there, or have gone.
//
// Models   systemd 257. Departs: one line for an unknown unit, no list of failed ones. Without systemd a group's processes are
//          started and signalled by nobody in particular.

using VboxMem.Kernel.Time;

namespace VboxMem.Session.Console.Commands;

internal static class Systemctl
{
    private const string Suffix = ".service";
    private const int NotFound = 5;

    /// <summary>The longest wait: systemd kills after 90 s what does not stop.</summary>
    private static readonly SimTime _longestWait = SimTime.FromSeconds(100);

    /// <summary>How long a start may take until somebody is there.</summary>
    private static readonly SimTime _longestStart = SimTime.FromSeconds(5);

    private static readonly string[] _verbs = ["start", "stop", "restart"];

    public static ConsoleCommand Command { get; } = new("systemctl")
    {
        Run = static call => call.Arguments.Count < 2 || Array.IndexOf(_verbs, call.Arguments[0]) < 0
            ? throw new CommandException(Problem)
            : Do(call, call.Arguments[0], call.Arguments.Skip(1)),
        CanChange = static _ => true,
        Check = static check => check.Arguments.Count < 2 || Array.IndexOf(_verbs, check.Arguments[0]) < 0 ? $"systemctl: {Problem}" : CheckGroups(check, 1),
    };

    public static ConsoleCommand Start { get; } = Alone("start");

    public static ConsoleCommand Stop { get; } = Alone("stop");

    public static ConsoleCommand Restart { get; } = Alone("restart");

    private const string Problem = "allowed here are start, stop and restart, and the groups to do it to";

    private static ConsoleCommand Alone(string verb) => new(verb)
    {
        Run = call => call.Arguments.Count == 0 ? throw new CommandException("which group?") : Do(call, verb, call.Arguments),
        CanChange = static _ => true,
        Check = check => check.Arguments.Count == 0 ? $"{verb}: which group?" : CheckGroups(check, 0),
    };

    private static string? CheckGroups(CommandCheck check, int first)
    {
        if (check.Groups is not { } known)
        {
            return null;
        }

        var unknown = check.Arguments.Skip(first).Select(GroupOf).FirstOrDefault(name => !known.Contains(name));
        return unknown is null ? null : $"no group is called {unknown}, allowed {(known.Count == 0 ? "none: the box has no groups" : string.Join(", ", known))}";
    }

    private static string GroupOf(string name) => name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;

    private static int Do(CommandCall call, string verb, IEnumerable<string> names)
    {
        var status = 0;
        foreach (var name in names.Select(GroupOf))
        {
            var verbs = call.Host.Verbs;
            var problem = verbs is null ? FileTree.ErrnoText.Describe(FileTree.Errno.EROFS)
                : !verbs.Groups.Names.Contains(name) ? $"Unit {name}{Suffix} not found."
                : Do(call, verbs, verb, name);
            if (problem is null)
            {
                continue;
            }

            call.Say($"Failed to {verb} {name}{Suffix}: {problem}");
            status = verbs is not null && !verbs.Groups.Names.Contains(name) ? NotFound : 1;
        }

        return status;
    }

    private static string? Do(CommandCall call, BoxVerbs verbs, string verb, string name)
    {
        var groups = verbs.Groups;
        var before = groups.MembersOf(name).ToHashSet();
        if (verb == "start")
        {
            return verbs.Order(GroupOrder.Start, name) ?? WaitForStart(call, groups, name, before: []);
        }

        var isOneOrder = verb == "restart" && groups.IsManaged;
        if (verbs.Order(isOneOrder ? GroupOrder.Restart : GroupOrder.Stop, name) is { } problem)
        {
            return problem;
        }

        var end = verbs.Now.Plus(_longestWait);
        var isOver = call.WaitUntil(() => !groups.MembersOf(name).Any(before.Contains) || verbs.Now >= end);
        if (!isOver || verb == "stop" || groups.MembersOf(name).Any(before.Contains))
        {
            return groups.MembersOf(name).Any(before.Contains) ? "its processes do not end" : null;
        }

        return isOneOrder ? WaitForStart(call, groups, name, before) : verbs.Order(GroupOrder.Start, name);
    }

    private static string? WaitForStart(CommandCall call, BoxGroups groups, string name, HashSet<int> before)
    {
        var end = call.Host.Verbs!.Now.Plus(_longestStart);
        call.WaitUntil(() => (groups.IsSettled(name) && groups.MembersOf(name).Any(pid => !before.Contains(pid))) || call.Host.Verbs.Now >= end);
        return null;
    }
}
