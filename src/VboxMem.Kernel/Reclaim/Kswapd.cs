// A node's background reclaim: woken when a zone falls below its low mark, it reclaims until one is above its high mark.
//
//   asleep --wake--> balance (KswapdRun) --> balanced or hopeless? --no--> balance again
//      ^                                         | yes
//      +---- still so <---- nap of 100 ms <------+        woken during the nap --> balance again
//
// Invariants
//   K1  It is asleep on KswapdWork exactly while it naps or sleeps; between steps of a run it is runnable or paused.
//
// Units    pages; orders and zones as requested by who woke it.
// Models   Linux 6.12 mm/vmscan.c: kswapd, kswapd_try_to_sleep, prepare_kswapd_sleep, wakeup_kswapd (facts: reclaim, 3.2).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

/// <summary>A node's background reclaim (kswapd).</summary>
public sealed class Kswapd
{
    private enum Phase : byte
    {
        Asleep,
        Balancing,
        TryingToSleep,
        Napping,
    }

    /// <summary>In the request: no zone was named (MAX_NR_ZONES).</summary>
    private const int NoZone = Zone.TypesPerNode;

    private readonly Machine _machine;
    private readonly int _node;
    private readonly KswapdRun _run;
    private Phase _phase;
    private int _wantedOrder;
    private int _wantedZone = NoZone;

    /// <summary>What it works on: the order asked for, the one it has come down to, and the highest zone.</summary>
    private int _order;
    private int _reclaimOrder;
    private int _zone = (int)ZoneType.Device;
    private SimTime _napEnd;

    /// <summary>When it last woke up, or went to sleep for a nap or for good.</summary>
    private SimTime _since;

    internal Kswapd(Machine machine, int node)
    {
        _machine = machine;
        _node = node;
        _run = new KswapdRun(machine, node);
    }

    private Kswapd(Kswapd other, Machine machine)
    {
        _machine = machine;
        _node = other._node;
        _run = other._run.Clone(machine);
        _phase = other._phase;
        _wantedOrder = other._wantedOrder;
        _wantedZone = other._wantedZone;
        _order = other._order;
        _reclaimOrder = other._reclaimOrder;
        _zone = other._zone;
        _napEnd = other._napEnd;
        _since = other._since;
        Failures = other.Failures;
    }

    /// <summary>Runs in a row that freed nothing; 16 is hopeless (all_unreclaimable).</summary>
    public int Failures { get; internal set; }

    /// <summary>It has given up until someone else reclaims a page.</summary>
    public bool IsHopeless => Failures >= ReclaimRetry.MaxRetries;

    /// <summary>True while it sleeps, be it for a nap.</summary>
    public bool IsAsleep => _phase is Phase.Asleep or Phase.Napping;

    /// <summary>What it does at this moment, and what its last run, or the one under way, has come to.</summary>
    public KswapdState State => new()
    {
        Activity = _phase switch
        {
            Phase.Asleep => KswapdActivity.Sleeping,
            Phase.Napping => KswapdActivity.Napping,
            _ => KswapdActivity.Balancing,
        },
        Since = _since,
        Order = _order,
        HighestZone = (ZoneType)_zone,
        WantedOrder = _wantedOrder,
        WantedZone = _wantedZone == NoZone ? null : (ZoneType)_wantedZone,
        Failures = Failures,
        Run = _run.Figures,
    };

    private Node Node => _machine.Nodes[_node];

    internal static Kswapd[] MakeAll(Machine machine)
    {
        var all = new Kswapd[machine.Nodes.Length];
        for (var node = 0; node < all.Length; node++)
        {
            all[node] = new Kswapd(machine, node);
        }

        return all;
    }

    internal static Kswapd[] CloneAll(Kswapd[] others, Machine machine)
    {
        var all = new Kswapd[others.Length];
        for (var node = 0; node < all.Length; node++)
        {
            all[node] = new Kswapd(others[node], machine);
        }

        return all;
    }

    internal void HashInto(StateHash hash)
    {
        hash.Add(((ulong)_phase << 32) | (uint)Failures);
        hash.Add(((ulong)(uint)_wantedOrder << 32) | (uint)_wantedZone);
        hash.Add(((ulong)(uint)_order << 32) | (uint)_reclaimOrder);
        hash.Add((long)_zone);
        hash.Add(_napEnd.Nanoseconds);
        hash.Add(_since.Nanoseconds);
        _run.HashInto(hash);
    }

    /// <summary>wakeup_kswapd: ignored where the node is hopeless or balanced.</summary>
    internal void Wake(GfpFlags gfp, int order, ZoneType highestZone)
    {
        if (_wantedZone == NoZone || _wantedZone < (int)highestZone)
        {
            _wantedZone = (int)highestZone;
        }

        _wantedOrder = Math.Max(_wantedOrder, order);
        if (!IsAsleep)
        {
            return;
        }

        if (!IsHopeless && (!NodeBalance.IsBalanced(Node, order, highestZone) || NodeBalance.IsBoosted(Node, highestZone)))
        {
            WakeTask();
            return;
        }

        _machine.Paths.Count(IsHopeless ? ReachedPath.KswapdWakeIgnoredHopeless : ReachedPath.KswapdWakeIgnoredBalanced);
        if ((gfp & GfpFlags.DirectReclaim) == 0)
        {
            // Perhaps there is enough, in pieces too small: who may not wait cannot compact himself.
            _machine.Kcompactds[_node].Wake(_machine, order, highestZone);
        }
    }

    /// <summary>A task is about to wait for it: it must not sleep meanwhile.</summary>
    internal void WakeForThrottled()
    {
        if (!IsAsleep)
        {
            return;
        }

        if (_wantedZone > (int)ZoneType.Normal)
        {
            _wantedZone = (int)ZoneType.Normal;
        }

        WakeTask();
    }

    internal StepResult Step(Process task)
    {
        task.Flags |= ProcessFlags.MemAlloc;
        switch (_phase)
        {
            case Phase.Asleep:
                _machine.Paths.Count(ReachedPath.KswapdWokenFromSleep);
                NodeBalance.SetThresholds(Node, _machine.Cpus.Count, isPressing: true);
                _since = _machine.Cpus.Now;
                BeginRun();
                return StepResult.Continue;
            case Phase.Balancing:
                return Balance(task);
            case Phase.Napping:
                return EndNap(task);
            default:
                return TryToSleep(task);
        }
    }

    private void WakeTask() => _machine.Scheduler.WakeAll(WaitKind.KswapdWork, (ulong)_node);

    /// <summary>Takes the request and begins to work on it.</summary>
    private void BeginRun()
    {
        _order = _wantedOrder;
        _zone = CurrentZone();
        _wantedOrder = 0;
        _wantedZone = NoZone;
        _run.Begin(_order, (ZoneType)_zone);
        _phase = Phase.Balancing;
    }

    private int CurrentZone() => _wantedZone == NoZone ? _zone : _wantedZone;

    private StepResult Balance(Process task)
    {
        var result = _run.Step(task);
        if (result != StepResult.Done)
        {
            return result;
        }

        _reclaimOrder = _run.Order;
        if (_reclaimOrder >= _order)
        {
            // The whole request was worked on: what has been asked for meanwhile counts, otherwise the same again.
            _order = _reclaimOrder = _wantedOrder;
            _zone = CurrentZone();
        }

        _phase = Phase.TryingToSleep;
        return StepResult.Continue;
    }

    private StepResult TryToSleep(Process task)
    {
        if (!MaySleep())
        {
            _machine.Paths.Count(ReachedPath.KswapdNotReadyToSleep);
            _machine.Events.Count(VmEvent.KswapdHighWmarkHitQuickly);
            BeginRun();
            return StepResult.Continue;
        }

        _machine.Paths.Count(IsHopeless ? ReachedPath.KswapdNapsHopeless : ReachedPath.KswapdNapsBalanced);
        LetCompact();
        _phase = Phase.Napping;
        _since = _machine.Cpus.Now;
        _napEnd = _since.Plus(SimTime.FromMilliseconds(100));
        Sleep(task, _napEnd);
        return StepResult.Wait;
    }

    private StepResult EndNap(Process task)
    {
        if (_machine.Cpus.Now < _napEnd)
        {
            // Woken early: what it had come down to stands until the next request.
            _machine.Paths.Count(ReachedPath.KswapdNapInterrupted);
            _wantedZone = CurrentZone();
            _wantedOrder = Math.Max(_wantedOrder, _reclaimOrder);
            _machine.Events.Count(VmEvent.KswapdLowWmarkHitQuickly);
            _since = _machine.Cpus.Now;
            BeginRun();
            return StepResult.Continue;
        }

        if (!MaySleep())
        {
            _machine.Paths.Count(ReachedPath.KswapdNapOverUnbalanced);
            _machine.Events.Count(VmEvent.KswapdHighWmarkHitQuickly);
            _since = _machine.Cpus.Now;
            BeginRun();
            return StepResult.Continue;
        }

        _machine.Paths.Count(ReachedPath.KswapdSleepsDeep);
        NodeBalance.SetThresholds(Node, _machine.Cpus.Count, isPressing: false);
        _phase = Phase.Asleep;
        _since = _machine.Cpus.Now;
        Sleep(task, wakeTime: default);
        return StepResult.Wait;
    }

    /// <summary>Enough has been freed: pageblocks deserve another look, and blocks of the order asked for can be made.</summary>
    private void LetCompact()
    {
        foreach (var zone in Node.Zones)
        {
            _machine.CompactionHints[zone.Extent.Index].Flush(_machine, zone);
        }

        _machine.Kcompactds[_node].Wake(_machine, _order, (ZoneType)_zone);
    }

    /// <summary>Nothing to do, or nothing that would help (prepare_kswapd_sleep).</summary>
    private bool MaySleep()
    {
        _machine.Scheduler.WakeAll(WaitKind.PfMemAlloc, (ulong)_node);
        if (IsHopeless)
        {
            return true;
        }

        if (!NodeBalance.IsBalanced(Node, _reclaimOrder, (ZoneType)_zone))
        {
            return false;
        }

        var pressure = _machine.Lru.PressureOf(_node);
        pressure.HasManyDirty = false;
        pressure.HasManyWriteback = false;
        _machine.Lru.Vectors[_node].IsCongested = false;
        return true;
    }

    private void Sleep(Process task, SimTime wakeTime) =>
        _machine.Scheduler.Sleep(task, new Wait(WaitKind.KswapdWork, (ulong)_node, SleepDepth.Interruptible), wakeTime);
}
