// systemd, as pid 1: starts services, reaps what dies, and starts services again.
//
//   order over its socket --> Queued --fork--> Active --main process ends--> Restarting --after its delay--> Queued
//                                                 |                     \--> Inactive, or Failed
//                                                 \--stop: SIGTERM to its control group, SIGKILL after 90 s
//
// What a service leaves behind in its control group when its main process has ended is told to end too (KillMode=control-group).
//
// Models   systemd 257 (Debian 13): service_enter_restart, unit_test_start_limit, systemd.kill.
// Departs  OOMPolicy=continue: a killed child of a service is the service's own matter. No dependencies: what starts at the same moment
//          starts in the order of the profile. Services are Type=simple.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

public sealed class Systemd : UserProgram
{
    /// <summary>Where it takes orders.</summary>
    public const string SocketPath = "/run/systemd/private";

    /// <summary>Bytes of an order on the wire.</summary>
    public const uint OrderBytes = 256;

    /// <summary>What its units and their settings take of its heap. An estimate.</summary>
    private const ulong HeapBytes = 2400 << 10;

    private const int VerbShift = 32;
    private const int KilledBy = 128;

    private static readonly SimTime _stopTimeout = SimTime.FromSeconds(90);

    private readonly WorkloadConfiguration _workload;
    private readonly Scenarios.Scenario _scenario;
    private readonly (int Group, int Instance)[] _names;
    private Unit[] _units;
    private Step _step;
    private ulong _socket;
    private int _forking;
    private bool _mustReap;
    private CodeInUse _code;

    /// <param name="workload">All groups of the box.</param>
    /// <param name="scenario">The people and things of the box.</param>
    /// <param name="wanted">Groups that start with the box, by their place in the workload.</param>
    public Systemd(WorkloadConfiguration workload, Scenarios.Scenario scenario, IEnumerable<int> wanted)
    {
        _workload = workload;
        _scenario = scenario;
        _names = [.. workload.Groups.SelectMany(static (group, index) => Enumerable.Range(0, group.Processes).Select(instance => (index, instance)))];
        _units = new Unit[_names.Length];
        foreach (var group in wanted)
        {
            for (var unit = FirstUnitOf(group); unit < _units.Length && _names[unit].Group == group; unit++)
            {
                _units[unit].State = UnitState.Queued;
            }
        }
    }

    /// <summary>What it has to do with the answer to its last request.</summary>
    private enum Step : byte
    {
        Start,
        Scope,
        HeapStart,
        HeapEnd,
        Heap,
        Bind,
        Poll,
        Receive,
        Fork,
        Reap,
        Signal,
    }

    /// <summary>What it can be told about a group.</summary>
    public enum Verb : byte
    {
        Start,
        Stop,
        Restart,
    }

    public static ProgramImage Binary { get; } = Images.Systemd;

    public override ProgramImage Image => Binary;

    public override string CommandLine => "/sbin/init\0";

    public override ulong HandledSignals => 1UL << (int)Signal.Child;

    /// <summary>Its services, one for each process of each group, in the order of the profile.</summary>
    public ReadOnlySpan<Unit> Units => _units;

    /// <summary>The services of a group.</summary>
    /// <param name="group">Its place in the workload.</param>
    public ReadOnlySpan<Unit> UnitsOf(int group) => _units.AsSpan(FirstUnitOf(group), _workload.Groups[group].Processes);

    /// <summary>An order, as a word that a datagram carries.</summary>
    public static ulong Order(Verb verb, int group) => ((ulong)verb << VerbShift) | (uint)group;

    public override Request Next(in Reply last)
    {
        _mustReap |= last.Signal == Signal.Child;
        return _code.TryGoOn(last, Image, out var next, out var reply) ? next : _code.InFrontOf(Advance(reply), Image);
    }

    private Request Advance(in Reply last)
    {
        switch (_step)
        {
            case Step.Start:
                _step = Step.Scope;
                return new Request(RequestKind.JoinCgroup, Path: "/init.scope");
            case Step.Scope:
                _step = Step.HeapStart;
                return new Request(RequestKind.Brk);
            case Step.HeapStart:
                _step = Step.HeapEnd;
                return new Request(RequestKind.Brk, (ulong)last.Value + HeapBytes);
            case Step.HeapEnd:
                _step = Step.Heap;
                return new Request(RequestKind.Touch, (ulong)last.Value - HeapBytes, HeapBytes, (ulong)TouchKind.Write);
            case Step.Heap:
                _step = Step.Bind;
                return new Request(RequestKind.Bind, Path: SocketPath);
            case Step.Bind:
                _socket = (ulong)last.Value;
                break;
            case Step.Poll when last.Value == 1:
                _step = Step.Receive;
                return new Request(RequestKind.ReceiveFrom, _socket);
            case Step.Receive when !last.IsError:
                Obey((Verb)(last.Value >> VerbShift), (int)(uint)last.Value);
                break;
            case Step.Fork:
                Forked(last);
                break;
            case Step.Reap when last.ChildPid > 0:
                _mustReap = true;   // perhaps not the only one
                if (Buried(last) is { } what)
                {
                    _step = Step.Signal;
                    return what;
                }

                break;
            default:
                break;
        }

        return GoOn(last.Now);
    }

    public override UserProgram Clone()
    {
        var copy = (Systemd)MemberwiseClone();
        copy._units = (Unit[])_units.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        foreach (ref readonly var unit in _units.AsSpan())
        {
            unit.HashInto(hash);
        }

        hash.Add(((ulong)_step << 32) | (uint)_forking);
        hash.Add(_socket);
        hash.Add(_mustReap);
        _code.HashInto(hash);
    }

    /// <summary>The most urgent thing there is: the dead, then what is due, then orders.</summary>
    private Request GoOn(SimTime now)
    {
        if (_mustReap)
        {
            _mustReap = false;
            _step = Step.Reap;
            return new Request(RequestKind.WaitChild, 1);
        }

        var next = default(SimTime);
        for (var index = 0; index < _units.Length; index++)
        {
            ref var unit = ref _units[index];
            if (unit.Due != default && unit.Due <= now)
            {
                unit.Due = default;
                if (unit.State == UnitState.Stopping)
                {
                    return Tell(index, Signal.Kill);
                }

                unit.State = UnitState.Queued;
            }

            if (unit.State == UnitState.StopQueued)
            {
                unit.State = UnitState.Stopping;
                unit.Due = now.Plus(_stopTimeout);
                return Tell(index, Signal.Terminate);
            }

            if (unit.State == UnitState.Queued && TryStart(index, now, out var fork))
            {
                return fork;
            }

            if (unit.Due != default && (next == default || unit.Due < next))
            {
                next = unit.Due;
            }
        }

        _step = Step.Poll;
        return new Request(RequestKind.Poll, _socket, next.Nanoseconds);
    }

    /// <summary>The fork of a service's process; false when it was started too often, and has failed for that.</summary>
    private bool TryStart(int index, SimTime now, out Request fork)
    {
        ref var unit = ref _units[index];
        var (group, instance) = _names[index];
        var settings = _workload.Groups[group];
        var rules = settings.Restarting ?? Restarting.Never;
        if (unit.BurstStarts == 0 || now.Nanoseconds - unit.BurstSince.Nanoseconds >= rules.BurstInterval.Nanoseconds)
        {
            unit.BurstStarts = 0;
            unit.BurstSince = now;
        }

        fork = default;
        if (rules.BurstInterval != default && ++unit.BurstStarts > rules.Burst)
        {
            unit.State = UnitState.Failed;
            return false;
        }

        _step = Step.Fork;
        _forking = index;
        fork = new Request(RequestKind.Fork, Program: new UnitProcess(new ProgramSetting(settings, instance, unit.Starts, _scenario)));
        unit.Starts++;
        return true;
    }

    private void Forked(in Reply last)
    {
        ref var unit = ref _units[_forking];
        if (last.IsError)
        {
            End(ref unit, Rules(_forking), isFailure: true, last.Now);   // no memory: resources
            return;
        }

        unit.State = UnitState.Active;
        unit.MainPid = (int)last.Value;
    }

    /// <summary>Somebody has died. If it was a service's main process, what is left of the service is told to end.</summary>
    private Request? Buried(in Reply last)
    {
        for (var index = 0; index < _units.Length; index++)
        {
            ref var unit = ref _units[index];
            if (unit.MainPid != last.ChildPid)
            {
                continue;
            }

            unit.MainPid = 0;
            if (unit.State is UnitState.StopQueued or UnitState.Stopping)
            {
                unit.State = unit.StartsAfterStop ? UnitState.Queued : UnitState.Inactive;
                unit.StartsAfterStop = false;
                unit.Due = default;
            }
            else
            {
                End(ref unit, Rules(index), IsFailure(last.ChildExitCode), last.Now);
            }

            return new Request(RequestKind.Kill, B: (ulong)Signal.Terminate, Path: CgroupOf(index));
        }

        return null;   // an orphan
    }

    /// <summary>A service has ended by itself: it is started again, or stays down.</summary>
    private static void End(ref Unit unit, Restarting rules, bool isFailure, SimTime now)
    {
        if (rules.Policy == RestartPolicy.No || (rules.Policy == RestartPolicy.OnFailure && !isFailure))
        {
            unit.State = isFailure ? UnitState.Failed : UnitState.Inactive;
            return;
        }

        unit.State = UnitState.Restarting;
        unit.Due = now.Plus(rules.DelayBefore(unit.Restarts));
        unit.Restarts++;
    }

    private static bool IsFailure(int exitCode) => exitCode is not (
        0 or (KilledBy + (int)Signal.Hangup) or (KilledBy + (int)Signal.Interrupt) or (KilledBy + (int)Signal.Pipe)
        or (KilledBy + (int)Signal.Terminate));

    /// <summary>Takes an order: what it asks for is begun when its turn comes.</summary>
    private void Obey(Verb verb, int group)
    {
        for (var index = FirstUnitOf(group); index < _units.Length && _names[index].Group == group; index++)
        {
            ref var unit = ref _units[index];
            var runs = unit.State is UnitState.Active or UnitState.StopQueued or UnitState.Stopping;
            if (verb == Verb.Start || (verb == Verb.Restart && !runs))
            {
                unit.StartsAfterStop = runs && unit.State != UnitState.Active;
                if (!runs)
                {
                    unit.State = UnitState.Queued;
                    unit.Restarts = 0;
                    unit.BurstStarts = 0;
                    unit.Due = default;
                }

                continue;
            }

            if (!runs)
            {
                unit.State = UnitState.Inactive;
                unit.Due = default;
                continue;
            }

            unit.StartsAfterStop = verb == Verb.Restart;
            if (unit.State == UnitState.Active)
            {
                unit.State = UnitState.StopQueued;
            }
        }
    }

    private Request Tell(int index, Signal signal)
    {
        _step = Step.Signal;
        return new Request(RequestKind.Kill, B: (ulong)signal, Path: CgroupOf(index));
    }

    private string CgroupOf(int unit) => _workload.Groups[_names[unit].Group].CgroupOf(_names[unit].Instance);

    private Restarting Rules(int unit) => _workload.Groups[_names[unit].Group].Restarting ?? Restarting.Never;

    private int FirstUnitOf(int group) => Array.FindIndex(_names, name => name.Group == group);
}
