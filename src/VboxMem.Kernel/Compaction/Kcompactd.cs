// A node's background compaction: woken to make blocks of an order where kswapd has freed enough, and of its own accord twice a second
// to see whether memory is fragmented.
//
//   asleep --an order is wanted--> Work: each zone up to the one named --> asleep
//      +-- 500 ms are over, or compaction_proactiveness was written: fragmented?
//             +-- yes --> Tidy: each zone until its score is low --> asleep; for 32 s if that was of no use
//             +-- no  --> asleep
//
// Invariants
//   C1  It is asleep on KcompactdWork exactly while it does nothing; between steps of its work it is runnable.
//
// Units    orders; time.
// Models   Linux 6.12 mm/compaction.c: kcompactd, kcompactd_do_work, kcompactd_node_suitable, wakeup_kcompactd, compact_node,
//          compaction_proactiveness_sysctl_handler (facts: physical memory, 5).
// Departs  the look twice a second is the timer's, at no cost: the thread runs where there is something to do, while on Linux it does
//          so each time.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Compaction;

/// <summary>A node's background compaction (kcompactd).</summary>
internal sealed class Kcompactd
{
    private enum Phase : byte
    {
        Asleep,
        Working,
        Tidying,
    }

    /// <summary>Between two looks at how fragmented the node is, and after one that came to nothing.</summary>
    public static readonly SimTime CheckInterval = SimTime.FromMilliseconds(500);
    private static readonly SimTime _deferredInterval = SimTime.FromMilliseconds(500UL << 6);

    private readonly int _node;
    private readonly CompactionRun _run;
    private Phase _phase;
    private int _wantedOrder;
    private ZoneType _wantedZone = ZoneType.Device;

    /// <summary>compaction_proactiveness was written.</summary>
    private bool _isTriggered;

    /// <summary>What it works on.</summary>
    private int _order;
    private ZoneType _highestZone;
    private int _position;
    private ulong _scoreBefore;

    /// <summary>When it looks next; zero: not before somebody asks.</summary>
    private SimTime _nextLook;

    private Kcompactd(int node, CompactionRun run)
    {
        _node = node;
        _run = run;
    }

    public CompactionRun Run => _run;

    public static Kcompactd[] MakeAll(Machine machine)
    {
        var all = new Kcompactd[machine.Nodes.Length];
        for (var node = 0; node < all.Length; node++)
        {
            all[node] = new Kcompactd(node, new CompactionRun());
        }

        return all;
    }

    public static Kcompactd[] CloneAll(Kcompactd[] others) => Array.ConvertAll(others, static other => new Kcompactd(other._node, other._run.Clone())
    {
        _phase = other._phase,
        _wantedOrder = other._wantedOrder,
        _wantedZone = other._wantedZone,
        _isTriggered = other._isTriggered,
        _order = other._order,
        _highestZone = other._highestZone,
        _position = other._position,
        _scoreBefore = other._scoreBefore,
        _nextLook = other._nextLook,
    });

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)_phase << 40) | ((ulong)_wantedZone << 32) | ((ulong)(uint)_wantedOrder << 8) | (_isTriggered ? 1UL : 0));
        hash.Add(((ulong)_highestZone << 40) | ((ulong)(uint)_order << 32) | (uint)_position);
        hash.Add(_scoreBefore);
        hash.Add(_nextLook.Nanoseconds);
        _run.HashInto(hash);
    }

    /// <summary>Someone would like blocks of an order; what is no use to begin now, is tried at the next look.</summary>
    public void Wake(Machine machine, int order, ZoneType highestZone)
    {
        if (order == 0)
        {
            return;
        }

        _wantedOrder = Math.Max(_wantedOrder, order);
        _wantedZone = highestZone < _wantedZone ? highestZone : _wantedZone;
        if (_phase == Phase.Asleep && IsNodeSuitable(machine))
        {
            machine.Paths.Count(ReachedPath.KcompactdWoken);
            machine.Scheduler.WakeAll(WaitKind.KcompactdWork, (ulong)_node);
        }
    }

    /// <summary>compaction_proactiveness is no longer 0: looks at once, unless the kernel has yet to come up.</summary>
    public void Trigger(Machine machine)
    {
        if (machine.Now == default)
        {
            return;
        }

        _isTriggered = true;
        machine.Scheduler.WakeAll(WaitKind.KcompactdWork, (ulong)_node);
    }

    /// <summary>It looks again in half a second, unless it is to do nothing of its own accord.</summary>
    public void SetTimer(Machine machine, SimTime now) => SetTimer(machine, now, CheckInterval);

    /// <summary>The time for a look has come; of an earlier timer nothing comes.</summary>
    public void TimerExpired(Machine machine, SimTime due)
    {
        if (_phase != Phase.Asleep || due != _nextLook)
        {
            return;
        }

        if (_wantedOrder > 0 || MustTidy(machine))
        {
            machine.Scheduler.WakeAll(WaitKind.KcompactdWork, (ulong)_node);
        }
        else
        {
            SetTimer(machine, due);
        }
    }

    public StepResult Step(Machine machine, Process task)
    {
        switch (_phase)
        {
            case Phase.Working:
                return Work(machine, task);
            case Phase.Tidying:
                return Tidy(machine, task);
            default:
                return WakeUp(machine, task);
        }
    }

    private StepResult WakeUp(Machine machine, Process task)
    {
        if (_wantedOrder > 0 && !_isTriggered)
        {
            (_order, _highestZone, _position) = (_wantedOrder, _wantedZone, -1);
            machine.Events.Count(VmEvent.CompactDaemonWake);
            machine.Scheduler.SetMemoryStall(task, isStalled: true);
            _phase = Phase.Working;
            return StepResult.Continue;
        }

        if (MustTidy(machine))
        {
            machine.Paths.Count(ReachedPath.KcompactdTidies);
            _scoreBefore = FragmentationScore.Of(machine.Nodes[_node]);
            _position = -1;
            _phase = Phase.Tidying;
            return StepResult.Continue;
        }

        _isTriggered = false;
        return Sleep(machine, task, CheckInterval);
    }

    private bool MustTidy(Machine machine) => machine.Tunables.CompactionProactiveness != 0 && machine.Kswapds[_node].IsAsleep
        && FragmentationScore.Of(machine.Nodes[_node]) > FragmentationScore.High(machine.Tunables);

    /// <summary>Compacts the zones for the order wanted, those that are deferred or have it left out.</summary>
    private StepResult Work(Machine machine, Process task)
    {
        if (_run.IsActive)
        {
            var result = _run.Step(machine, task);
            if (result == StepResult.Done)
            {
                EndZone(machine);
                return StepResult.Continue;
            }

            return result;
        }

        var node = machine.Nodes[_node];
        while (++_position <= (int)_highestZone)
        {
            var zone = node.Zones[_position];
            if (zone.IsPopulated && !machine.CompactionHints[zone.Extent.Index].Deferral.Defers(_order)
                && CompactionSuitability.Judge(machine, zone, _order, zone.Type, ReserveFlags.None) == CompactionResult.Continue)
            {
                _run.Begin(machine, zone, new CompactionControl
                {
                    Order = _order,
                    Gfp = GfpFlags.Kernel,
                    Mode = CompactionMode.SyncLight,
                    HighestZone = _highestZone,
                });
                if (!_run.IsActive)
                {
                    EndZone(machine);
                }

                return StepResult.Continue;
            }
        }

        // Unless more has been asked for meanwhile.
        _wantedOrder = _wantedOrder <= _order ? 0 : _wantedOrder;
        _wantedZone = _wantedZone >= _highestZone ? ZoneType.Device : _wantedZone;
        machine.Scheduler.SetMemoryStall(task, isStalled: false);
        return Sleep(machine, task, CheckInterval);
    }

    private void EndZone(Machine machine)
    {
        var zone = machine.Nodes[_node].Zones[_position];
        ref var deferral = ref machine.CompactionHints[zone.Extent.Index].Deferral;
        if (_run.Result == CompactionResult.Success)
        {
            machine.Paths.Count(ReachedPath.KcompactdMakesBlock);
            deferral.Reset(_order, isServed: false);
        }
        else if (_run.Result is CompactionResult.Complete or CompactionResult.PartialSkipped)
        {
            machine.Paths.Count(ReachedPath.KcompactdInVain);
            DrainPerCpuPages(zone);
            deferral.Extend(_order);
        }

        CountScanned(machine);
    }

    private static void DrainPerCpuPages(Zone zone)
    {
        foreach (var pages in zone.PerCpu)
        {
            pages.Drain();
        }
    }

    private void CountScanned(Machine machine)
    {
        machine.Events.Count(VmEvent.CompactDaemonMigrateScanned, _run.MigrateScanned);
        machine.Events.Count(VmEvent.CompactDaemonFreeScanned, _run.FreeScanned);
    }

    /// <summary>Compacts zone after zone until the node is less fragmented.</summary>
    private StepResult Tidy(Machine machine, Process task)
    {
        if (_run.IsActive)
        {
            var result = _run.Step(machine, task);
            if (result == StepResult.Done)
            {
                CountScanned(machine);
                return StepResult.Continue;
            }

            return result;
        }

        var zones = machine.Nodes[_node].Zones;
        while (++_position < zones.Length)
        {
            if (zones[_position].IsPopulated)
            {
                _run.Begin(machine, zones[_position], new CompactionControl
                {
                    Order = CompactionControl.NoOrder,
                    Gfp = GfpFlags.Kernel,
                    Mode = CompactionMode.SyncLight,
                    IsWholeZone = true,
                    IgnoresHints = true,
                    IsProactive = true,
                });
                return StepResult.Continue;
            }
        }

        var isInVain = FragmentationScore.Of(machine.Nodes[_node]) >= _scoreBefore;
        if (isInVain)
        {
            machine.Paths.Count(ReachedPath.KcompactdTidiesInVain);
        }

        _isTriggered = false;
        return Sleep(machine, task, isInVain ? _deferredInterval : CheckInterval);
    }

    private bool IsNodeSuitable(Machine machine)
    {
        foreach (var zone in machine.Nodes[_node].Zones)
        {
            if (zone.IsPopulated && zone.Type <= _wantedZone
                && CompactionSuitability.Judge(machine, zone, _wantedOrder, _wantedZone, ReserveFlags.None) == CompactionResult.Continue)
            {
                return true;
            }
        }

        return false;
    }

    private StepResult Sleep(Machine machine, Process task, SimTime interval)
    {
        _phase = Phase.Asleep;
        machine.Scheduler.Sleep(task, new Wait(WaitKind.KcompactdWork, (ulong)_node, SleepDepth.Interruptible));
        SetTimer(machine, machine.Cpus.Now, interval);
        return StepResult.Wait;
    }

    private void SetTimer(Machine machine, SimTime now, SimTime interval)
    {
        _nextLook = machine.Tunables.CompactionProactiveness == 0 ? default : now.Plus(interval);
        if (_nextLook != default)
        {
            machine.Timeline.Post(_nextLook, EventKind.KcompactdLook, (uint)_node);
        }
    }
}
