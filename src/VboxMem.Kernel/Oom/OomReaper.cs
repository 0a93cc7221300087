// Frees the memory of a victim that has not died by itself two seconds after it was killed.
//
// Models   Linux 6.12 mm/oom_kill.c: queue_oom_reaper, oom_reap_task (facts: reclaim, 9.3).
// Departs  only a call of another thread, or of its own, that is changing the memory when the reaper comes holds it up: once it has
//          begun, it is not stopped.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Oom;

internal sealed class OomReaper
{
    /// <summary>How long a victim has to die by itself.</summary>
    public static readonly SimTime Delay = SimTime.FromSeconds(2);

    /// <summary>Between two attempts while the memory is being changed, and how many there are.</summary>
    private const ulong RetryTicks = SimTime.TicksPerSecond / 10;
    private const int MostAttempts = 10;

    /// <summary>Phase of its progress once it has begun; before that, the attempts so far.</summary>
    private const int Reaping = MostAttempts + 1;

    private readonly Machine _machine;

    /// <summary>Pids of victims whose memory is to be taken, the longest waiting first.</summary>
    private readonly List<int> _victims = [];

    public OomReaper(Machine machine) => _machine = machine;

    private OomReaper(OomReaper other, Machine machine)
        : this(machine) => _victims.AddRange(other._victims);

    public OomReaper Clone(Machine machine) => new(this, machine);

    public void HashInto(StateHash hash)
    {
        foreach (var pid in _victims)
        {
            hash.Add((long)pid);
        }
    }

    /// <summary>Two seconds after a kill: the victim, if it still has memory, is put into the reaper's list.</summary>
    public void Queue(int pid)
    {
        if (!TryFindMemory(pid, out var group, out var mm))
        {
            _machine.Paths.Count(ReachedPath.OomReaperNotNeeded);
        }
        else if (!mm.IsOomSkipped && group.IsOomVictim && !_victims.Contains(pid))
        {
            _victims.Add(pid);
            _machine.Scheduler.WakeAll(WaitKind.OomReaperWork, 0);
        }
    }

    /// <summary>Takes some pages of the first victim, or sleeps.</summary>
    public StepResult Step(Process reaper)
    {
        if (_victims.Count == 0)
        {
            _machine.Scheduler.Sleep(reaper, new Wait(WaitKind.OomReaperWork, 0, SleepDepth.Interruptible));
            return StepResult.Wait;
        }

        if (!TryFindMemory(_victims[0], out var victim, out var mm))
        {
            Next(reaper);   // it has died by itself meanwhile
            return StepResult.Continue;
        }

        if (reaper.Progress.Phase != Reaping)
        {
            if (mm.LockHolderPid != 0)
            {
                return WaitForLock(reaper, victim, mm);
            }

            reaper.Progress.Phase = Reaping;
        }

        if (_machine.Memory.StepReap(mm, ref reaper.Progress) != StepResult.Done)
        {
            return StepResult.Continue;
        }

        _machine.Paths.Count(ReachedPath.OomReaped);
        mm.IsOomSkipped = true;
        OomMessages.PrintReaped(_machine.Log, new LogClock((long)_machine.Cpus.Now.Nanoseconds), new OomTask
        {
            Pid = victim.OomVictimPid,
            ThreadGroup = victim.Id,
            Uid = victim.Leader.Uid,
            Comm = victim.OomVictimName,
            TotalVirtual = mm.TotalPages,
            Anon = mm.RssAnonPages,
            File = mm.RssFilePages,
            Shmem = mm.RssShmemPages,
            PageTableBytes = mm.PageTableBytes,
            SwapEntries = mm.SwapEntryPages,
            OomScoreAdj = victim.OomScoreAdj,
        });
        Next(reaper);
        return StepResult.Continue;
    }

    /// <summary>Someone is changing the memory: tries again later, and gives up in the end, so that others can be killed.</summary>
    private StepResult WaitForLock(Process reaper, ThreadGroup victim, MemoryDescriptor mm)
    {
        _machine.Paths.Count(ReachedPath.OomReaperFindsLock);
        if (++reaper.Progress.Phase <= MostAttempts)
        {
            var again = _machine.Cpus.Now.Plus(SimTime.FromTicks(RetryTicks));
            _machine.Scheduler.Sleep(reaper, new Wait(WaitKind.Timer, (ulong)reaper.Pid, SleepDepth.Idle), again);
            return StepResult.Wait;
        }

        _machine.Paths.Count(ReachedPath.OomReaperGivesUp);
        var clock = new LogClock((long)_machine.Cpus.Now.Nanoseconds);
        OomMessages.PrintUnableToReap(_machine.Log, clock, victim.OomVictimPid, victim.OomVictimName);
        mm.IsOomSkipped = true;
        Next(reaper);
        return StepResult.Continue;
    }

    private bool TryFindMemory(int pid, out ThreadGroup group, out MemoryDescriptor mm)
    {
        (group, mm) = (null!, null!);
        if (!_machine.Processes.TryGet(pid, out var leader) || leader.Group.FindTaskWithMemory() is not { } owner)
        {
            return false;
        }

        (group, mm) = (leader.Group, _machine.Memory[owner.MemoryId]);
        return true;
    }

    private void Next(Process reaper)
    {
        _victims.RemoveAt(0);
        reaper.Progress = default;
    }
}
