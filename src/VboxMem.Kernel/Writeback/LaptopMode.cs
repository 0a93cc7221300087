// vm.laptop_mode: once a disk is awake for a request, what is dirty on it goes along, so that it can rest the longer afterwards.
//
//   request done --(re)starts the disk's timer--> laptop_mode seconds without another one --> the disk's flusher writes everything
//
// The other half is elsewhere: writers wake the flusher later (DirtyPages), and light reclaim writes nothing (DirectReclaim, KswapdRun).
//
// Invariants
//   L1  A disk has at most one event in the timeline; one that is due too early posts itself anew, one whose timer was stopped ends.
//
// Models   Linux 6.12 mm/page-writeback.c: laptop_io_completion, laptop_mode_timer_fn, laptop_sync_completion.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

internal sealed class LaptopMode(Machine machine)
{
    /// <summary>When the timer of a disk runs out; zero: it does not run.</summary>
    private readonly SimTime[] _due = new SimTime[machine.Disks.Disks.Length];
    private readonly bool[] _isPosted = new bool[machine.Disks.Disks.Length];

    public LaptopMode Clone(Machine copy)
    {
        var other = new LaptopMode(copy);
        _due.CopyTo(other._due, 0);
        _isPosted.CopyTo(other._isPosted, 0);
        return other;
    }

    public void HashInto(StateHash hash)
    {
        for (var disk = 0; disk < _due.Length; disk++)
        {
            if (_isPosted[disk])
            {
                hash.Add((long)disk);
                hash.Add(_due[disk].Nanoseconds);
            }
        }
    }

    /// <summary>A disk has done a request, of whatever kind.</summary>
    public void RequestDone(int disk)
    {
        if (!machine.Tunables.IsLaptopMode)
        {
            return;
        }

        _due[disk] = machine.Now.Plus(SimTime.FromSeconds((ulong)Math.Max(0, machine.Tunables.LaptopModeSeconds)));
        if (!_isPosted[disk])
        {
            Post(disk);
        }
    }

    /// <summary>The event of a disk is due.</summary>
    public void Expired(int disk)
    {
        _isPosted[disk] = false;
        if (_due[disk] == default)
        {
            return;
        }

        if (_due[disk] > machine.Now)
        {
            Post(disk);
            return;
        }

        _due[disk] = default;
        machine.Flushers[disk].Wake(FlushReason.All);
    }

    /// <summary>A sync has written everything: there is nothing left to go along.</summary>
    public void Synchronized() => Array.Clear(_due);

    private void Post(int disk)
    {
        _isPosted[disk] = true;
        machine.Timeline.Post(_due[disk], EventKind.LaptopTimer, (uint)disk);
    }
}
