// The groups of a box: who belongs to them, and how they are started and stopped. Either systemd does it, by order over its socket, or
// nobody in particular: then a group's processes are spawned as children of init, and stopping is a signal.
//
// Invariants
//   G1  With systemd, a group's members are the processes in its control groups; without, those that were spawned for it.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads;
using VboxMem.Workloads.BuildingBlocks;
using VboxMem.Workloads.Programs;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Session;

/// <summary>The groups of one box.</summary>
public sealed class BoxGroups
{
    private readonly Machine _machine;
    private readonly WorkloadConfiguration _configuration;
    private readonly Scenario _scenario;
    private readonly SortedDictionary<string, List<int>> _spawned = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _starts = new(StringComparer.Ordinal);

    /// <param name="configuration">From the profile.</param>
    /// <param name="machine">The booted machine.</param>
    /// <param name="scenario">The people and things of the box.</param>
    public BoxGroups(WorkloadConfiguration configuration, Machine machine, Scenario scenario)
    {
        _configuration = configuration;
        _machine = machine;
        _scenario = scenario;
        if (HasSystemd)
        {
            var wanted = Enumerable.Range(0, configuration.Groups.Count).Where(group => StartsWithBox(configuration.Groups[group]));
            machine.StartInit(new Systemd(configuration, scenario, wanted));
        }
        else if (configuration.Init == Init.First)
        {
            var first = configuration.Groups[0];
            machine.StartInit(ProgramCatalog.Create(SettingOf(first, 0, 0)), first.Nice, first.OomScoreAdj, first.Uid, first.Gid);
            _spawned.Add(first.Name, [Scheduler.InitPid]);
            _starts.Add(first.Name, 1);
        }
    }

    private BoxGroups(BoxGroups other, Machine machine)
    {
        (_configuration, _scenario, _machine) = (other._configuration, other._scenario, machine);
        foreach (var (group, pids) in other._spawned)
        {
            _spawned.Add(group, [.. pids]);
            _starts.Add(group, other._starts[group]);
        }
    }

    private bool HasSystemd => _configuration.Init == Init.Systemd;

    /// <summary>Pid 1's program.</summary>
    private Systemd Manager
    {
        get
        {
            var init = _machine.Processes[Scheduler.InitPid];
            return (Systemd)(init.Program ?? init.Request.Program!);   // until it has called exec, it is what it will be
        }
    }

    /// <summary>Whether systemd starts a group at boot, without being told.</summary>
    public bool StartsWithBox(GroupConfiguration group) => IsStartedByParent(group)
        || (_configuration.Init == Init.First && group == _configuration.Groups[0])
        || (HasSystemd && group.After.Length == 0 && group.StartsAt == default(Kernel.Time.SimTime));

    /// <summary>Pids of a group's processes that live, in order of pid.</summary>
    public IEnumerable<int> MembersOf(string group) =>
        HasSystemd ? InCgroupsOf(group) : IsStartedByParent(_configuration.Groups[IndexOf(group)]) ? ForkedOf(group) : Spawned(group);

    /// <summary>Whether a group has been started, none of its processes lives, and nobody is about to start one again.</summary>
    public bool HasEnded(string group)
    {
        if (!HasSystemd)
        {
            return _spawned.ContainsKey(group) && !Spawned(group).Any();
        }

        var hasRun = false;
        foreach (ref readonly var unit in Manager.UnitsOf(IndexOf(group)))
        {
            if (unit.State is not (UnitState.Inactive or UnitState.Failed))
            {
                return false;
            }

            hasRun |= unit.Starts > 0;
        }

        return hasRun && !InCgroupsOf(group).Any();
    }

    /// <summary>Starts all processes of a group.</summary>
    /// <returns>Null, or why it could not be done.</returns>
    public string? Start(string name) => HasSystemd ? Order(Systemd.Verb.Start, name) : Spawn(_configuration.Groups[IndexOf(name)]);

    /// <summary>Asks all processes of a group to end.</summary>
    /// <returns>Null, or why it could not be done.</returns>
    public string? Stop(string name)
    {
        if (HasSystemd)
        {
            return Order(Systemd.Verb.Stop, name);
        }

        Signal(name, Kernel.Sched.Signal.Terminate);
        return null;
    }

    /// <summary>Whether somebody else than the console can start and stop groups: then a restart is one order.</summary>
    internal bool IsManaged => HasSystemd;

    /// <summary>What all groups are called, in the order of the profile.</summary>
    public IEnumerable<string> Names => _configuration.Groups.Select(static group => group.Name);

    /// <summary>Has systemd end all processes of a group and start them again.</summary>
    /// <returns>Null, or why it could not be done.</returns>
    internal string? Restart(string name) => Order(Systemd.Verb.Restart, name);

    /// <summary>Whether all processes that a group should have live, or nobody is about to start those that do not.</summary>
    internal bool IsSettled(string name)
    {
        if (!HasSystemd)
        {
            return true;
        }

        foreach (ref readonly var unit in Manager.UnitsOf(IndexOf(name)))
        {
            if (unit.State is UnitState.Queued or UnitState.StopQueued or UnitState.Stopping || (unit.State == UnitState.Active && unit.MainPid == 0))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Sends a signal to all processes of a group.</summary>
    public void Signal(string name, Signal signal)
    {
        foreach (var pid in MembersOf(name).ToArray())
        {
            _machine.Kill(pid, signal);
        }
    }

    /// <summary>The groups of a copy of the machine.</summary>
    internal BoxGroups Clone(Machine machine) => new(this, machine);

    public void HashInto(StateHash hash)
    {
        foreach (var (group, pids) in _spawned)
        {
            hash.Add(group);
            hash.Add((long)_starts[group]);
            foreach (var pid in pids)
            {
                hash.Add((long)pid);
            }
        }
    }

    private int IndexOf(string name)
    {
        for (var group = 0; group < _configuration.Groups.Count; group++)
        {
            if (_configuration.Groups[group].Name == name)
            {
                return group;
            }
        }

        throw new ArgumentException($"no group is called {name}", nameof(name));
    }

    private string? Order(Systemd.Verb verb, string name) =>
        _machine.Sockets.TryInject(Systemd.SocketPath, Systemd.Order(verb, IndexOf(name)), Systemd.OrderBytes)
            ? null
            : "systemd does not listen, or has more orders than it takes";

    private string? Spawn(GroupConfiguration group)
    {
        if (!_spawned.TryGetValue(group.Name, out var pids))
        {
            _spawned.Add(group.Name, pids = []);
            _starts.Add(group.Name, 0);
        }

        var start = _starts[group.Name]++;
        for (var instance = 0; instance < group.Processes; instance++)
        {
            var program = ProgramCatalog.Create(SettingOf(group, instance, start));
            if (_machine.Spawn(program, group.Uid, group.Nice, group.OomScoreAdj, gid: group.Gid, parentPid: ParentOf(group)) is not { } task)
            {
                return $"no memory to start process {instance + 1} of {group.Processes}";
            }

            pids.Add(task.Pid);
        }

        return null;
    }

    private ProgramSetting SettingOf(GroupConfiguration group, int instance, int start) =>
        new(group, instance, start, _scenario) { Groups = _configuration.Groups };

    /// <summary>The first process of the group's parent; init where that does not live.</summary>
    private int ParentOf(GroupConfiguration group)
    {
        var parents = group.Parent.Length > 0 ? MembersOf(group.Parent) : [];
        return parents.DefaultIfEmpty(Scheduler.InitPid).First();
    }

    private bool IsStartedByParent(GroupConfiguration group) => ReplicaFiles.IsStartedByParent(_configuration.Groups, group);

    /// <summary>Processes that were forked by those of the parent's group: they do not stand in any list, but know what they are.</summary>
    private IEnumerable<int> ForkedOf(string group) => _machine.Processes.Tasks
        .Where(task => task.IsLeader && task.State != TaskState.Zombie && ProgramCatalog.GroupOf(task.Program) == group)
        .Select(static task => task.Pid);

    private IEnumerable<int> Spawned(string group) => _spawned.TryGetValue(group, out var pids) ? pids.Where(IsAlive) : [];

    private IEnumerable<int> InCgroupsOf(string name)
    {
        var group = _configuration.Groups[IndexOf(name)];
        var cgroups = Enumerable.Range(0, group.Processes).Select(group.CgroupOf).ToHashSet(StringComparer.Ordinal);
        return _machine.Processes.Tasks.Where(task => cgroups.Contains(task.Cgroup) && task.State != TaskState.Zombie).Select(task => task.Pid);
    }

    private bool IsAlive(int pid) => _machine.Processes.TryGet(pid, out var task) && task.State != TaskState.Zombie;
}
