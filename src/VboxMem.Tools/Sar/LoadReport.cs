namespace VboxMem.Tools.Sar;

/// <summary>-q LOAD: tasks that run or want to (sar itself left out), all tasks, the load averages, tasks that wait for a disk.</summary>
internal sealed class LoadReport() : SarReport("load", ["runq-sz", "plist-sz", "ldavg-1", "ldavg-5", "ldavg-15", "blocked"])
{
    private ulong _running, _tasks, _load1, _load5, _load15, _blocked, _count;

    internal override IReadOnlyList<SarRow> Interval(SarReading before, SarReading now)
    {
        var load = now.Load;
        var running = load.Running == 0 ? 0 : load.Running - 1;
        unchecked
        {
            (_running, _tasks, _blocked, _count) = (_running + running, _tasks + load.Tasks, _blocked + now.BlockedTasks, _count + 1);
            (_load1, _load5, _load15) = (_load1 + load.Load1, _load5 + load.Load5, _load15 + load.Load15);
        }

        return
        [
            new SarRow(null,
            [
                SarFigure.Count(running), SarFigure.Count(load.Tasks), SarFigure.Number(load.Load1 / 100.0), SarFigure.Number(load.Load5 / 100.0),
                SarFigure.Number(load.Load15 / 100.0), SarFigure.Count(now.BlockedTasks),
            ]),
        ];
    }

    internal override IReadOnlyList<SarRow> Average(SarReading first, SarReading last)
    {
        SarFigure Count(ulong sum) => SarFigure.Mean(SarUnit.Count, (double)sum / _count);
        SarFigure Load(ulong sum) => SarFigure.Number((double)sum / (_count * 100));
        return [new SarRow(null, [Count(_running), Count(_tasks), Load(_load1), Load(_load5), Load(_load15), Count(_blocked)])];
    }
}
