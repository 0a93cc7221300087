// What a task, a CPU and a device count of dirtied pages, for the throttling of writers.
//
// Units    pages; ticks of 4 ms.
// Models   Linux 6.12 nr_dirtied, nr_dirtied_pause, dirty_paused_when of task_struct; bdp_ratelimits, dirty_throttle_leaks
//          (facts: reclaim, 7.4).

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

/// <summary>A task's part. Plain data; starts as <see cref="Fresh"/>.</summary>
public struct TaskDirtying
{
    /// <summary>Pages dirtied since the last look.</summary>
    public ulong DirtiedPages;

    /// <summary>Pages until the next look.</summary>
    public ulong PausePages;

    /// <summary>Virtual end of the last pause; 0: never paused.</summary>
    public ulong PausedWhenTicks;

    /// <summary>A task just forked.</summary>
    public static TaskDirtying Fresh => new() { PausePages = DirtyThrottle.PollPages };

    /// <summary>The task has slept as it was told.</summary>
    public void NoteSlept(in ThrottleStep step)
    {
        PausedWhenTicks = step.PausedWhenTicks;
        DirtiedPages = 0;
        PausePages = step.NextPausePages;
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(DirtiedPages);
        hash.Add(PausePages);
        hash.Add(PausedWhenTicks);
    }

    internal void Restart(ulong nowTicks, ulong pausePages)
    {
        PausedWhenTicks = nowTicks;
        DirtiedPages = 0;
        PausePages = pausePages;
    }

    /// <summary>A pause too short to be worth it: it lengthens the next one, unless the task has been slow for a second.</summary>
    internal void Owe(ulong nowTicks, long period, long pause, ulong dirtiedPages)
    {
        if (pause < -(long)SimTime.TicksPerSecond)
        {
            PausedWhenTicks = nowTicks;
            DirtiedPages = 0;
        }
        else if (period != 0)
        {
            PausedWhenTicks += (ulong)period;
            DirtiedPages = 0;
        }
        else if (PausePages <= dirtiedPages)
        {
            PausePages += dirtiedPages;
        }
    }
}

/// <summary>A CPU's part. Plain data; all zero at boot.</summary>
public struct CpuDirtying
{
    /// <summary>Pages dirtied by any task since one was looked at.</summary>
    public ulong DirtiedPages;

    /// <summary>Pages of tasks that ended before they were looked at: the next ones answer for them.</summary>
    public ulong LeftBehindPages;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(DirtiedPages);
        hash.Add(LeftBehindPages);
    }
}

/// <summary>A device's counts at one moment.</summary>
/// <param name="DirtiedPages">Pages dirtied on it since boot.</param>
/// <param name="WrittenPages">Pages written to it since boot.</param>
/// <param name="StatErrorPages">See <see cref="DirtyThrottle.StatErrorPages"/>.</param>
public readonly record struct DeviceCounts(ulong DirtiedPages, ulong WrittenPages, ulong StatErrorPages);
