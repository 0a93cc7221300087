// Goal: writers are held to what the device writes, and the dirty pages settle where Linux lets them settle.
// Method: the parts on figures worked by hand; then a writer, a flusher and a device in a closed loop for two simulated minutes.

using FsCheck.Xunit;
using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Tests.Writeback;

public sealed class DirtyThrottleTests
{
    private const ulong Threshold = 185_948;
    private const ulong Background = 92_860;
    private const ulong SetPoint = 162_676;
    private static readonly DeviceCounts _counts = new(0, 0, StatErrorPages: 32);

    [Theory]
    [InlineData(0, 256)]
    [InlineData(Threshold - 1024, 32)]
    [InlineData(Threshold - 1023, 16)]
    [InlineData(Threshold - 1, 1)]
    [InlineData(Threshold, 1)]
    [InlineData(Threshold + 5, 1)]
    public void The_poll_interval_is_about_the_root_of_what_is_left(ulong dirty, ulong expected) =>
        Assert.Equal(expected, DirtyThrottle.PollInterval(dirty, Threshold));

    [Theory]
    [InlineData(2, 2905)]
    [InlineData(1000, 16)]
    public void All_cpus_together_stay_within_a_32nd_of_the_threshold(int cpus, ulong expected) =>
        Assert.Equal(expected, DirtyThrottle.CpuPollPages(Threshold, cpus));

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 32)]
    [InlineData(3, 48)]
    [InlineData(4, 96)]
    public void Counts_of_a_device_may_be_off_by_a_batch_a_cpu(int cpus, ulong expected) =>
        Assert.Equal(expected, DirtyThrottle.StatErrorPages(cpus));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(8_010, 11)]
    [InlineData(SetPoint, 50)]
    public void The_longest_pause_leaves_the_device_something_to_write(ulong deviceDirty, ulong expected) =>
        Assert.Equal(expected, DirtyThrottle.MaxPause(25_600, deviceDirty));

    [Theory]
    [InlineData(25_600, 25_600, 25_600, 2, 200)]    // one writer: 8 ms at least, 200 pages until the next look
    [InlineData(25_600, 6_400, 6_400, 4, 150)]      // four of them: longer pauses
    [InlineData(256, 256, 256, 16, 32)]             // a slow device: 32 pages, however long they take
    [InlineData(25_600, 25_600, 100, 50, 19)]       // the factor is low: what fits in the longest pause
    public void The_shortest_pause_follows_the_rate(ulong bandwidth, ulong ratelimit, ulong taskRatelimit, ulong pause, ulong pages)
    {
        var device = BandwidthState.AtBoot(0) with { AverageBandwidth = bandwidth, DirtyRatelimit = ratelimit };

        Assert.Equal(pause, DirtyThrottle.MinPause(device, DirtyThrottle.MaxPauseTicks, taskRatelimit, out var pausePages));
        Assert.Equal(pages, pausePages);
    }

    [Fact]
    public void In_the_free_run_a_task_goes_on_and_is_looked_at_less_often()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 32 };

        var step = Balance(ref task, At(139_404), nowTicks: 700, dirtiedPages: 32);

        Assert.Equal(0UL, step.PauseTicks);
        Assert.Equal((0UL, 128UL, 700UL), (task.DirtiedPages, task.PausePages, task.PausedWhenTicks));
    }

    // At the set point the factor is 1023/1024 and the task may dirty 25575 pages a second: 2000 of them take 19 ticks.
    [Theory]
    [InlineData(1000, 19, 1019)]
    [InlineData(990, 9, 1009)]
    public void A_pause_is_what_the_pages_should_have_taken_less_the_time_passed(ulong pausedWhen, ulong pause, ulong until)
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 2000, PausedWhenTicks = pausedWhen };

        var step = Balance(ref task, At(SetPoint), nowTicks: 1000, dirtiedPages: 2000);
        Assert.Equal(new ThrottleStep(pause, until, 200, IsStopped: false), step);

        task.NoteSlept(step);
        Assert.Equal((0UL, 200UL, until), (task.DirtiedPages, task.PausePages, task.PausedWhenTicks));
    }

    [Fact]
    public void A_short_pause_is_owed()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 2000, PausedWhenTicks = 982 };

        var step = Balance(ref task, At(SetPoint), nowTicks: 1000, dirtiedPages: 2000);

        Assert.Equal(0UL, step.PauseTicks);
        Assert.Equal((0UL, 982UL + 19), (task.DirtiedPages, task.PausedWhenTicks));
    }

    [Fact]
    public void A_task_that_has_been_slow_for_a_second_owes_nothing_and_is_owed_nothing()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 100, PausedWhenTicks = 10 };

        Balance(ref task, At(SetPoint), nowTicks: 1000, dirtiedPages: 100);

        Assert.Equal((0UL, 1000UL), (task.DirtiedPages, task.PausedWhenTicks));
    }

    [Fact]
    public void Too_few_pages_for_a_tick_are_gathered()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 40, PausedWhenTicks = 1000 };

        Balance(ref task, At(SetPoint), nowTicks: 1000, dirtiedPages: 40);

        Assert.Equal((40UL, 72UL, 1000UL), (task.DirtiedPages, task.PausePages, task.PausedWhenTicks));
    }

    [Theory]
    [InlineData(10_000, 50, 1000 + 97)]     // 97 ticks: 50 slept, 47 owed
    [InlineData(30_000, 50, 1000 + 100)]    // 293 ticks: 50 slept, 50 owed, the rest forgiven
    public void A_long_pause_is_cut_and_owed_in_part(ulong dirtied, ulong pause, ulong until)
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = dirtied, PausedWhenTicks = 1000 };

        var step = Balance(ref task, At(SetPoint), nowTicks: 1000, dirtied);

        Assert.Equal((pause, until), (step.PauseTicks, step.PausedWhenTicks));
    }

    [Fact]
    public void At_the_limit_a_task_is_stopped_unless_its_device_has_nothing_to_write()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 40, PausedWhenTicks = 1000 };

        var step = Balance(ref task, At(Threshold), nowTicks: 1000, dirtiedPages: 40);
        Assert.Equal((50UL, true), (step.PauseTicks, step.IsStopped));

        step = Balance(ref task, At(Threshold) with { DeviceDirtyPages = 32 }, nowTicks: 1000, dirtiedPages: 40);
        Assert.Equal((1UL, false), (step.PauseTicks, step.IsStopped));
    }

    [Fact]
    public void A_task_is_looked_at_after_its_pages_or_8_of_them_over_the_limit()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 31 };
        var cpu = new CpuDirtying { DirtiedPages = 31 };
        Assert.False(DirtyThrottle.IsDue(ref task, ref cpu, 100, isDeviceOverLimit: false));
        Assert.True(DirtyThrottle.IsDue(ref task, ref cpu, 100, isDeviceOverLimit: true));

        task.DirtiedPages = 32;
        cpu.DirtiedPages = 90;
        Assert.True(DirtyThrottle.IsDue(ref task, ref cpu, 100, isDeviceOverLimit: false));
        Assert.Equal(0UL, cpu.DirtiedPages);
    }

    [Fact]
    public void A_cpu_that_has_dirtied_enough_has_its_task_looked_at()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 1 };
        var cpu = new CpuDirtying { DirtiedPages = 100 };

        Assert.True(DirtyThrottle.IsDue(ref task, ref cpu, 100, isDeviceOverLimit: false));
        Assert.Equal(0UL, cpu.DirtiedPages);
    }

    [Fact]
    public void Pages_left_behind_by_ended_tasks_are_answered_for_by_others()
    {
        var task = TaskDirtying.Fresh with { DirtiedPages = 2 };
        var cpu = new CpuDirtying { LeftBehindPages = 40 };

        Assert.True(DirtyThrottle.IsDue(ref task, ref cpu, 100, isDeviceOverLimit: false));
        Assert.Equal((32UL, 10UL), (task.DirtiedPages, cpu.LeftBehindPages));
    }

    // The device writes 100 pages a tick, the writers dirty up to 2000. From the facts: in the end as much is dirtied as is written,
    // and the dirty pages stay near the set point.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Writers_settle_at_the_speed_of_the_device_with_the_dirty_pages_at_the_set_point(int writers)
    {
        var loop = new ClosedLoop(writers, pagesPerTick: 100);
        loop.Run(untilTick: 22_500);
        Assert.True(loop.MostDirty < Threshold, $"{loop.MostDirty} pages were dirty");

        loop.StartMeasuring();
        loop.Run(untilTick: 30_000);

        Assert.InRange(loop.Dirtied, 0.97 * 100 * 7_500, 1.03 * 100 * 7_500);
        // Linux's own band around the set point is half a second of writing either way, 12500 pages.
        Assert.InRange(loop.LeastDirty, SetPoint - 12_500, SetPoint + 12_500);
        Assert.InRange(loop.MostDirty, SetPoint - 12_500, SetPoint + 12_500);
    }

    [Fact]
    public void A_burst_below_the_free_run_goes_at_memory_speed()
    {
        var loop = new ClosedLoop(writers: 1, pagesPerTick: 100);

        loop.Run(untilTick: 69);

        Assert.Equal(69UL * 2000, loop.Dirtied);
    }

    [Property(MaxTest = 300)]
    public bool A_pause_is_between_one_tick_and_200_ms(uint dirty, uint deviceDirty, uint ratelimit, ushort dirtied, ushort since)
    {
        var position = At(dirty % (Threshold + 1000)) with { DeviceDirtyPages = deviceDirty % Threshold };
        var device = BandwidthState.AtBoot(60_000) with { DirtyRatelimit = (ratelimit % 100_000) + 1 };
        var domain = DirtyDomain.AtBoot(Threshold);
        var task = TaskDirtying.Fresh with { DirtiedPages = dirtied, PausedWhenTicks = 70_000UL - since };

        var step = DirtyThrottle.Balance(ref task, ref device, ref domain, position, _counts, 70_000, dirtied);

        return step.PauseTicks <= DirtyThrottle.MaxPauseTicks
            && (step.PauseTicks > 0 || step == default)
            && (step.PauseTicks == 0 || step.PausedWhenTicks >= 70_000 + step.PauseTicks)
            && (position.DirtyPages < Threshold || step.PauseTicks > 0);
    }

    private static DirtyPosition At(ulong dirty) => new(dirty, Threshold, Background, dirty, Threshold);

    private static ThrottleStep Balance(ref TaskDirtying task, in DirtyPosition position, ulong nowTicks, ulong dirtiedPages)
    {
        var device = BandwidthState.AtBoot(nowTicks);
        var domain = DirtyDomain.AtBoot(Threshold);
        return DirtyThrottle.Balance(ref task, ref device, ref domain, position, _counts, nowTicks, dirtiedPages);
    }

    /// <summary>Writers that dirty as fast as memory lets them, and a device that writes at a constant speed.</summary>
    private sealed class ClosedLoop
    {
        private const ulong MemoryPagesPerTick = 2000;

        private readonly TaskDirtying[] _tasks;
        private readonly ulong[] _wakeAt;
        private readonly ThrottleStep[] _steps;
        private readonly ulong _pagesPerTick;
        private BandwidthState _device = BandwidthState.AtBoot(1);
        private DirtyDomain _domain = DirtyDomain.AtBoot(Threshold);
        private WriteoutShare _share;
        private ulong _now = 1;
        private ulong _dirtied;
        private ulong _written;
        private ulong _measuredFrom;

        public ClosedLoop(int writers, ulong pagesPerTick)
        {
            _tasks = new TaskDirtying[writers];
            Array.Fill(_tasks, TaskDirtying.Fresh);
            _wakeAt = new ulong[writers];
            _steps = new ThrottleStep[writers];
            _pagesPerTick = pagesPerTick;
        }

        public ulong Dirtied => _dirtied - _measuredFrom;

        public ulong LeastDirty { get; private set; } = ulong.MaxValue;

        public ulong MostDirty { get; private set; }

        private ulong Dirty => _dirtied - _written;

        public void StartMeasuring() => (_measuredFrom, LeastDirty, MostDirty) = (_dirtied, ulong.MaxValue, 0);

        public void Run(ulong untilTick)
        {
            for (; _now <= untilTick; _now++)
            {
                for (var writer = 0; writer < _tasks.Length; writer++)
                {
                    Write(writer);
                }

                var written = Dirty > Background ? _pagesPerTick : 0;
                _written += written;
                _share.NoteWritten(ref _domain.Writeouts, written, _now);
                LeastDirty = Math.Min(LeastDirty, Dirty);
                MostDirty = Math.Max(MostDirty, Dirty);
            }
        }

        private void Write(int writer)
        {
            ref var task = ref _tasks[writer];
            if (_now < _wakeAt[writer])
            {
                return;
            }

            if (_steps[writer].PauseTicks != 0)
            {
                task.NoteSlept(_steps[writer]);
                _steps[writer] = default;
            }

            for (var page = 0UL; page < MemoryPagesPerTick / (ulong)_tasks.Length; page++)
            {
                _dirtied++;
                task.DirtiedPages++;
                if (task.DirtiedPages < task.PausePages)
                {
                    continue;
                }

                var position = new DirtyPosition(Dirty, Threshold, Background, Dirty, _share.Of(_domain.Writeouts, Threshold));
                var counts = new DeviceCounts(_dirtied, _written, 32);
                var step = DirtyThrottle.Balance(ref task, ref _device, ref _domain, position, counts, _now, task.DirtiedPages);
                if (step.PauseTicks != 0)
                {
                    _steps[writer] = step;
                    _wakeAt[writer] = _now + step.PauseTicks;
                    return;
                }
            }
        }
    }
}
