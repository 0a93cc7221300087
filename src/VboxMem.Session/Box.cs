using System.Reflection;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Procfs;
using VboxMem.Profiles;
using VboxMem.Session.Console;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Session;

/// <summary>One running box: the machine, the profile it came from, and its files.</summary>
public sealed class Box : IDisposable
{
    private readonly Scenario _scenario;

    private Box(Profile profile, Machine machine)
    {
        Profile = profile;
        Machine = machine;
        _scenario = Scenario.Build(profile.Machine.Seed);
        Tree = new LazyTree(MakeTree);
        Workload = new BoxWorkload(profile.Workload, machine, Tree, _scenario);
    }

    private Box(Box other)
    {
        (Profile, _scenario, Machine) = (other.Profile, other._scenario, other.Machine.Clone());   // the first two never change
        Tree = new LazyTree(MakeTree);
        Workload = other.Workload.Clone(Machine, Tree);
    }

    /// <summary>The version of vbox-mem, as results name it.</summary>
    public static string Version { get; } =
        typeof(Box).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public Profile Profile { get; }

    public Machine Machine { get; }

    public IFileTree Tree { get; }

    public BoxWorkload Workload { get; }

    /// <summary>Boots the box of a profile.</summary>
    /// <exception cref="Kernel.Physical.MachineLayoutException">The profile describes no machine that can boot.</exception>
    /// <exception cref="Kernel.Boot.BootFailedException">RAM is too small.</exception>
    public static Box Boot(Profile profile) => new(profile, Machine.Boot(profile.Machine));

    /// <summary>A box in the same state that shares nothing changeable with this one: run on, it comes to the same.</summary>
    public Box Clone() => new(this);

    /// <summary>Lets simulated time pass in steps of at most a second; the workload's events happen in between, at their moments.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="isInterrupted">Asked between steps; true ends the run early.</param>
    /// <returns>False when it ended early: it was interrupted, or the box has panicked.</returns>
    public bool RunFor(SimTime duration, Func<bool>? isInterrupted = null)
    {
        var end = Machine.Now.Plus(duration);
        while (true)
        {
            Workload.CarryOut();
            if (Machine.Now >= end)
            {
                return true;
            }

            if (Machine.HasPanicked || isInterrupted?.Invoke() == true)
            {
                return false;
            }

            Machine.RunUntil(NextStop(end));
        }
    }

    /// <summary>A console on this box.</summary>
    /// <param name="time">What lets time pass for its commands.</param>
    public BoxConsole MakeConsole(BoxTime time) => new(new ConsoleHost { Tree = Tree, Verbs = Workload.Verbs, Ticker = time, Clock = time });

    /// <summary>Fingerprint of the whole state: the machine, and how far the workload has come.</summary>
    public ulong ComputeStateHash()
    {
        var hash = new StateHash();
        hash.Add(Machine.ComputeStateHash());
        Workload.HashInto(hash);
        return hash.Value;
    }

    /// <summary>Fingerprint of what has been done so far, at a small part of the cost: see <see cref="Kernel.Machine.ComputeTraceHash"/>.</summary>
    public ulong ComputeTraceHash()
    {
        var hash = new StateHash();
        hash.Add(Machine.ComputeTraceHash());
        Workload.HashInto(hash);
        return hash.Value;
    }

    public void Dispose() => Machine.Dispose();

    private MachineTree MakeTree() => new(Machine, () => _scenario.Accounts.ToPasswd(Profile.Workload.Users));

    private SimTime NextStop(SimTime end)
    {
        var next = Machine.Now.Plus(SimTime.FromSeconds(1));
        next = next < end ? next : end;
        return Workload.NextDue is { } due && due < next ? due : next;
    }
}
