// A task that dirties pages is stopped now and then for a moment, so that pages are dirtied no faster than they can be written.
//
// It is looked at whenever it has dirtied so many pages as it was told the last time. In the free run it is told a larger number and
// goes on. Above, its speed is the device's rate limit times the position's factor, and the pause is what the pages dirtied since the
// last pause should have taken, less the time that has passed. Pauses too short to be worth it are owed; too long ones are cut to
// 200 ms at most. Waking the flusher is left to the caller: above the background limit, and always above the free run.
//
// Invariants
//   T1  A pause lies between one tick and MaxPauseTicks.
//
// Units    pages; ticks of 4 ms.
// Models   Linux 6.12 balance_dirty_pages, balance_dirty_pages_ratelimited_flags, wb_max_pause, wb_min_pause,
//          dirty_poll_interval, writeback_set_ratelimit (facts: reclaim, 7.4).
// Departs  cgroups have no limits of their own yet.

using System.Numerics;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

/// <summary>What a throttled task does next.</summary>
/// <param name="PauseTicks">Sleeps so long, killable, waiting for I/O; 0: goes on at once.</param>
/// <param name="PausedWhenTicks">Virtual end of the pause.</param>
/// <param name="NextPausePages">Pages until the next look.</param>
/// <param name="IsStopped">The limit is reached: after the pause the task is looked at again, unless it is being killed.</param>
public readonly record struct ThrottleStep(ulong PauseTicks, ulong PausedWhenTicks, ulong NextPausePages, bool IsStopped);

public static class DirtyThrottle
{
    /// <summary>No pause is longer: 200 ms.</summary>
    public const ulong MaxPauseTicks = TicksPerSecond / 5;

    /// <summary>Pages after which a new task is looked at; fewer at a time make poor I/O.</summary>
    public const ulong PollPages = 32;

    private const ulong TicksPerSecond = SimTime.TicksPerSecond;
    private const ulong OverLimitPollPages = 8;

    // Powers of two near a second and an eighth of it, so that Linux divides by shifting.
    private const ulong RoundSecondTicks = 256;
    private const ulong RoundEighthTicks = 32;

    /// <summary>Pages that one CPU's tasks may dirty together before one of them is looked at: no more than 1/32 of the threshold in all.</summary>
    public static ulong CpuPollPages(ulong thresholdPages, int cpus) => Math.Max(thresholdPages / ((ulong)cpus * 32), 16);

    /// <summary>Pages until the next look in the free run: about the square root of what is left.</summary>
    public static ulong PollInterval(ulong dirtyPages, ulong thresholdPages) =>
        thresholdPages > dirtyPages ? 1UL << (BitOperations.Log2(thresholdPages - dirtyPages) / 2) : 1;

    /// <summary>What per-CPU counting may hide of a device's pages; so few leave a stopped writer go.</summary>
    public static ulong StatErrorPages(int cpus) => (ulong)cpus * (8 * (1 + (ulong)BitOperations.Log2((uint)cpus)));

    /// <summary>A page has been dirtied and counted: is the task to be looked at? Takes over pages that others left behind.</summary>
    /// <param name="task">The task.</param>
    /// <param name="cpu">The CPU it runs on.</param>
    /// <param name="cpuPollPages">See <see cref="CpuPollPages"/>.</param>
    /// <param name="isDeviceOverLimit"><see cref="BandwidthState.IsOverLimit"/>.</param>
    public static bool IsDue(ref TaskDirtying task, ref CpuDirtying cpu, ulong cpuPollPages, bool isDeviceOverLimit)
    {
        var poll = isDeviceOverLimit ? Math.Min(task.PausePages, OverLimitPollPages) : task.PausePages;
        if (task.DirtiedPages >= poll)
        {
            cpu.DirtiedPages = 0;
        }
        else if (cpu.DirtiedPages >= cpuPollPages)
        {
            cpu.DirtiedPages = 0;
            poll = 0;
        }

        if (cpu.LeftBehindPages > 0 && task.DirtiedPages < poll)
        {
            var taken = Math.Min(cpu.LeftBehindPages, poll - task.DirtiedPages);
            cpu.LeftBehindPages -= taken;
            task.DirtiedPages += taken;
        }

        return task.DirtiedPages >= poll;
    }

    /// <summary>The longest pause: an eighth of what the device's dirty pages take to write, so that it does not run dry.</summary>
    public static ulong MaxPause(ulong averageBandwidth, ulong deviceDirtyPages) =>
        Math.Min((deviceDirtyPages / (1 + (averageBandwidth / RoundEighthTicks))) + 1, MaxPauseTicks);

    /// <summary>The shortest pause worth it, and the pages until the next look that make pauses about twice as long.</summary>
    /// <param name="device">The device.</param>
    /// <param name="maxPauseTicks">See <see cref="MaxPause"/>.</param>
    /// <param name="taskRatelimit">The task's speed now.</param>
    /// <param name="pausePages">Pages until the next look.</param>
    public static ulong MinPause(in BandwidthState device, ulong maxPauseTicks, ulong taskRatelimit, out ulong pausePages)
    {
        // 10 ms for one writer; 10 ms more for each doubling of the writers that share the device.
        var target = TicksPerSecond / 100;
        var bandwidthLog = BitOperations.Log2(device.AverageBandwidth);
        var ratelimitLog = BitOperations.Log2(device.DirtyRatelimit);
        if (bandwidthLog > ratelimitLog)
        {
            target += (ulong)(bandwidthLog - ratelimitLog) * (10 * TicksPerSecond) / 1024;
        }

        target = Math.Min(target, 1 + (maxPauseTicks / 2));
        var pages = device.DirtyRatelimit * target / RoundSecondTicks;
        if (pages < PollPages)
        {
            target = maxPauseTicks;
            pages = device.DirtyRatelimit * target / RoundSecondTicks;
            if (pages > PollPages)
            {
                pages = PollPages;
                target = TicksPerSecond * PollPages / device.DirtyRatelimit;
            }
        }

        if (TicksPerSecond * pages / (taskRatelimit + 1) > maxPauseTicks)
        {
            target = maxPauseTicks;
            pages = taskRatelimit * target / RoundSecondTicks;
        }

        pausePages = pages;
        return pages >= PollPages ? 1 + (target / 2) : target;
    }

    /// <summary>One look at a task that has dirtied its pages.</summary>
    /// <param name="task">The task; brought up to date unless it sleeps: then <see cref="TaskDirtying.NoteSlept"/> does it.</param>
    /// <param name="device">The device it writes to.</param>
    /// <param name="domain">The machine.</param>
    /// <param name="position">Dirty pages against their limits, now.</param>
    /// <param name="counts">The device's counts.</param>
    /// <param name="nowTicks">The present.</param>
    /// <param name="dirtiedPages">Pages the task had dirtied when it was first looked at; the same while it is stopped.</param>
    public static ThrottleStep Balance(
        ref TaskDirtying task,
        ref BandwidthState device,
        ref DirtyDomain domain,
        in DirtyPosition position,
        in DeviceCounts counts,
        ulong nowTicks,
        ulong dirtiedPages)
    {
        if (position.IsFreeRunning)
        {
            task.Restart(nowTicks, PollInterval(position.DirtyPages, position.ThresholdPages));
            return default;
        }

        device.IsOverLimit = position.IsDeviceOverLimit;
        var ratio = position.Ratio(domain.HardLimitPages(position.ThresholdPages), device.AverageBandwidth);
        if (device.IsUpdateDue(nowTicks))
        {
            device.UpdateWithRatelimit(ref domain, position, ratio, nowTicks, counts.DirtiedPages, counts.WrittenPages);
        }

        var taskRatelimit = (device.DirtyRatelimit * ratio) >> DirtyPosition.RatioShift;
        var maxPause = MaxPause(device.AverageBandwidth, position.DeviceDirtyPages);
        var minPause = MinPause(device, maxPause, taskRatelimit, out var nextPausePages);
        if (taskRatelimit == 0)
        {
            return new ThrottleStep(maxPause, nowTicks + maxPause, nextPausePages, IsStopped: position.DeviceDirtyPages > counts.StatErrorPages);
        }

        var period = (long)(TicksPerSecond * dirtiedPages / taskRatelimit);
        var pause = period - (task.PausedWhenTicks != 0 ? (long)(nowTicks - task.PausedWhenTicks) : 0);
        if (pause < (long)minPause)
        {
            task.Owe(nowTicks, period, pause, dirtiedPages);
            return default;
        }

        // A pause that is cut is owed in part: as much again, at most.
        var beyond = Math.Min((ulong)Math.Max(pause - (long)maxPause, 0), maxPause);
        var sleep = Math.Min((ulong)pause, maxPause);
        return new ThrottleStep(sleep, nowTicks + beyond + sleep, nextPausePages, IsStopped: false);
    }
}
