// Checks of groups: names are there once, programs exist, have the parameters they need and read those they are given.

using VboxMem.Profiles.Layers;
using VboxMem.Workloads;

namespace VboxMem.Profiles.Checks;

internal sealed class WorkloadChecks(LayerStack settings, CheckErrors errors)
{
    private const int MostNamed = 12;
    private const string Replica = "process";

    private static readonly string[] _needSize = ["touch", "reserve", "read", "write", "map", "lock", "fork", "threads"];
    private static readonly string[] _needPath = ["read", "write", "map", "files", "logwriter", "backup"];
    private static readonly string[] _needNumber = ["fork", "threads", "files"];

    public void Run()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var group = 0; group < settings.Count(WorkloadKeys.Groups); group++) CheckGroup(group, names);
        for (var group = 0; group < settings.Count(WorkloadKeys.Groups); group++) CheckAfter(group, names);
        CheckParents();
        CheckFirst();
        CheckUsers();
        new TimelineChecks(settings, errors, names).Run();
    }

    private void CheckGroup(int group, HashSet<string> names)
    {
        if (errors.Require(WorkloadKeys.Name, group) && !names.Add(settings.Get(WorkloadKeys.Name, group)))
        {
            errors.Add(LayerStack.PathOf(WorkloadKeys.Name, group), "two groups have the name, allowed is one");
        }

        if (!errors.Require(WorkloadKeys.Program, group)) return;
        var program = settings.Get(WorkloadKeys.Program, group);
        if (!ProgramCatalog.Names.Contains(program))
        {
            errors.Add(LayerStack.PathOf(WorkloadKeys.Program, group), $"no such program, allowed {string.Join(", ", ProgramCatalog.Names)}");
            return;
        }

        Need(_needSize, WorkloadKeys.Size, size => size > 0, "a size above 0", program, group);
        Need(_needNumber, WorkloadKeys.Number, number => number > 0, "a number above 0", program, group);
        Need(_needPath, WorkloadKeys.FilePath, path => path.StartsWith('/') && !path.EndsWith('/'), "an absolute path", program, group);
        foreach (var key in ProgramKeys.OfAnyProgram) CheckIsRead(key, program, group);
        CheckRestart(group);
        if (program != Replica && settings.Count(WorkloadKeys.Arguments, group) > 0)
            errors.Add(LayerStack.PathOf(WorkloadKeys.Arguments, group), $"program {program} does not read this key, allowed none");
        if (program == Replica && settings.TryGet(WorkloadKeys.FilePath, out var path, group) && path.Length > 0 && !IsAbsolute(path))
            errors.Add(LayerStack.PathOf(WorkloadKeys.FilePath, group), "not what program process needs, allowed is an absolute path");
    }

    private static bool IsAbsolute(string path) =>
        path.StartsWith('/') && !path.EndsWith('/') && !path.Contains("//", StringComparison.Ordinal);

    /// <summary>A parent is a group of replicas that stands before its children, so that it is there when they start.</summary>
    private void CheckParents()
    {
        var before = new HashSet<string>(StringComparer.Ordinal);
        for (var group = 0; group < settings.Count(WorkloadKeys.Groups); group++)
        {
            var hasParent = settings.TryGet(WorkloadKeys.Parent, out var parent, group) && parent.Length > 0;
            if (hasParent && !before.Contains(parent!))
                errors.Add(LayerStack.PathOf(WorkloadKeys.Parent, group), "no group before this one with program process, allowed is such a one");
            if (!settings.TryGet(WorkloadKeys.Program, out var program, group) || program != Replica) continue;
            if (!hasParent && settings.TryGet(WorkloadKeys.Inherited, out var inherited, group) && inherited > 0)
                errors.Add(LayerStack.PathOf(WorkloadKeys.Inherited, group), "there is no parent to inherit from, allowed is 0");
            if (settings.TryGet(WorkloadKeys.Name, out var name, group)) before.Add(name);
        }
    }

    private void CheckFirst()
    {
        if (!settings.TryGet(WorkloadKeys.FirstProgram, out var init) || init == Init.None) return;
        var groups = settings.Count(WorkloadKeys.Groups);
        if (init == Init.Systemd)
        {
            for (var group = 0; group < groups; group++)
            {
                if (settings.TryGet(WorkloadKeys.Parent, out var parent, group) && parent.Length > 0)
                    errors.Add(LayerStack.PathOf(WorkloadKeys.Parent, group), "systemd starts the groups, allowed is nothing");
            }

            return;
        }

        var isOne = groups > 0
            && (!settings.TryGet(WorkloadKeys.Program, out var program, 0) || program == Replica)
            && (!settings.TryGet(WorkloadKeys.Processes, out var count, 0) || count == 1);
        if (!isOne) errors.Add(WorkloadKeys.FirstProgram.Path, "the first group is not one process of program process, allowed none, systemd");
    }

    private void CheckUsers()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<ulong>();
        for (var user = 0; user < settings.Count(WorkloadKeys.Users); user++)
        {
            var isWhole = errors.Require(WorkloadKeys.UserName, user) & errors.Require(WorkloadKeys.UserUid, user) & errors.Require(WorkloadKeys.UserGid, user);
            if (!isWhole) continue;
            if (!names.Add(settings.Get(WorkloadKeys.UserName, user)))
                errors.Add(LayerStack.PathOf(WorkloadKeys.UserName, user), "two users have the name, allowed is one");
            if (!numbers.Add(settings.Get(WorkloadKeys.UserUid, user)))
                errors.Add(LayerStack.PathOf(WorkloadKeys.UserUid, user), "two users have the number, allowed is one");
        }
    }

    /// <summary>A key that a program does not read must be left out, or say what it says anyway: the effective profile gives all keys.</summary>
    private void CheckIsRead(ScalarKey key, string program, int group)
    {
        var read = ProgramKeys.ReadBy(program);
        if (read.Contains(key) || !settings.IsGiven(key, group) || settings.Text(key, group) == key.Default) return;
        errors.Add(LayerStack.PathOf(key, group), read.Count == 0
            ? $"program {program} does not read this key, allowed none"
            : $"program {program} does not read this key, allowed {string.Join(", ", read.Select(ProgramKeys.NameOf))}");
    }

    private void CheckRestart(int group)
    {
        if (!settings.TryGet(WorkloadKeys.FirstProgram, out var init) || init == Init.Systemd) return;
        if (settings.TryGet(WorkloadKeys.Restart, out var restart, group) && restart != RestartPolicy.No)
            errors.Add(LayerStack.PathOf(WorkloadKeys.Restart, group), "nobody starts groups again where init is not systemd, allowed is no");
    }

    private void Need<T>(string[] programs, ScalarKey<T> key, Func<T, bool> fits, string wanted, string program, int group)
    {
        if (!programs.Contains(program) || !settings.TryGet(key, out var value, group) || fits(value)) return;
        if (settings.IsGiven(key, group)) errors.Add(LayerStack.PathOf(key, group), $"not what program {program} needs, allowed is {wanted}");
        else errors.AddMissing(key, $"missing, program {program} needs {wanted}", group);
    }

    private void CheckAfter(int group, HashSet<string> names)
    {
        if (!CheckGroupName(WorkloadKeys.After, group, names)) return;
        if (settings.TryGet(WorkloadKeys.StartsAt, out var start, group) && start is null)
        {
            errors.Add(LayerStack.PathOf(WorkloadKeys.StartsAt, group), "the group starts after another, allowed is a time span");
        }
        else if (WaitsForItself(group))
        {
            errors.Add(LayerStack.PathOf(WorkloadKeys.After, group), "the group waits for itself, allowed is one that ends before it starts");
        }
    }

    /// <summary>Whether the groups that one after the other wait for each other come round to this one.</summary>
    private bool WaitsForItself(int group)
    {
        var name = settings.TryGet(WorkloadKeys.Name, out var own, group) ? own : "";
        var at = group;
        for (var steps = 0; steps < settings.Count(WorkloadKeys.Groups); steps++)
        {
            var after = settings.TryGet(WorkloadKeys.After, out var value, at) ? value : "";
            if (after.Length == 0) return false;
            if (after == name) return true;
            at = IndexOf(after);
            if (at < 0) return false;
        }

        return false;
    }

    private int IndexOf(string name)
    {
        for (var group = 0; group < settings.Count(WorkloadKeys.Groups); group++)
        {
            if (settings.TryGet(WorkloadKeys.Name, out var other, group) && other == name) return group;
        }

        return -1;
    }

    /// <summary>False where the key names no group; a line says so if it names one that is not there.</summary>
    private bool CheckGroupName(ScalarKey<string> key, int index, HashSet<string> names)
    {
        if (!settings.TryGet(key, out var name, index) || name.Length == 0) return false;
        if (names.Contains(name)) return true;
        errors.Add(LayerStack.PathOf(key, index), NoSuchGroup(names));
        return false;
    }

    internal static string NoSuchGroup(HashSet<string> names) => names.Count == 0
        ? "no such group, allowed none: groups is empty"
        : $"no such group, allowed {string.Join(", ", names.Order(StringComparer.Ordinal).Take(MostNamed))}{(names.Count > MostNamed ? ", …" : "")}";
}
