// Frees the memory of a victim that has not died by itself two seconds after it was killed.
//
// Models   Linux 6.12 mm/oom_kill.c: queue_oom_reaper, oom_reap_task (facts: reclaim, 9.3).
// Departs  address spaces have no lock that could be held against it: the first attempt always succeeds.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Oom;

internal sealed class OomReaper
{
    /// <summary>How long a victim has to die by itself.</summary>
    public static readonly SimTime Delay = SimTime.FromSeconds(2);

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
        if (_machine.Processes.TryGet(pid, out var task) && task.MemoryId != 0 && !_machine.Memory[task.MemoryId].IsOomSkipped
            && task.Has(ProcessFlags.OomVictim) && !_victims.Contains(pid))
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

        if (!_machine.Processes.TryGet(_victims[0], out var victim) || victim.MemoryId == 0)
        {
            Next(reaper);   // it has died by itself meanwhile
            return StepResult.Continue;
        }

        var mm = _machine.Memory[victim.MemoryId];
        if (_machine.Memory.StepReap(mm, ref reaper.Progress) != StepResult.Done)
        {
            return StepResult.Continue;
        }

        _machine.Paths.Count(ReachedPath.OomReaped);
        mm.IsOomSkipped = true;
        OomMessages.PrintReaped(_machine.Log, new LogClock((long)_machine.Cpus.Now.Nanoseconds), new OomTask
        {
            Pid = victim.Pid,
            ThreadGroup = victim.Pid,
            Uid = victim.Uid,
            Comm = victim.Name,
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

    private void Next(Process reaper)
    {
        _victims.RemoveAt(0);
        reaper.Progress = default;
    }
}
