// cron: wakes for each job, looks at its tables, and forks.
//
//   cron --fork--> CRON --fork, exec--> /bin/sh -c the job --exec--> the job
//
// Models   Debian's cron 3.0: do_command.c: child_process waits for the job; load_database stats the tables at each wake-up.
// Departs  one job, at even intervals.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs.Cron;

/// <summary>
/// Every: between two jobs (1 min). SizeBytes: what a job takes (8 MiB). Hold: how long it has it (3 s).
/// </summary>
internal sealed class CronDaemon(ProgramSetting setting) : Service(setting)
{
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/sbin/cron", 30, 21, 3, 4,
        [SharedLibraries.Pam, SharedLibraries.Selinux, SharedLibraries.Audit, SharedLibraries.Pcre, SharedLibraries.Libc]);

    private static readonly string[] _tables = ["/etc/crontab", "/etc/cron.d/e2scrub_all", "/var/spool/cron/crontabs/root"];
    private static readonly SimTime _defaultEvery = SimTime.FromSeconds(60);

    private const int Begin = 0;
    private const int Waiting = 1;
    private const int Looking = 2;
    private const int Forked = 3;
    private const int Reaping = 4;

    private ulong _nextJob;
    private int _table;
    private int _jobs;

    public override ProgramImage Image => Executable;

    public override string CommandLine => Image.Path + "\0-f\0";

    public override ulong HandledSignals => 1UL << (int)Signal.Child;

    private ulong Every => Math.Max(1, (Parameters.Every ?? _defaultEvery).Nanoseconds);

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_nextJob);
        hash.Add(((ulong)(uint)_table << 32) | (uint)_jobs);
    }

    protected override bool Expects(SystemCallError error) => Stage switch
    {
        Looking => error is SystemCallError.NoEntry or SystemCallError.NoMemory,
        Forked => error == SystemCallError.NoMemory,
        _ => error == SystemCallError.NoChild,
    };

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                _nextJob = (last.Now.Nanoseconds / Every * Every) + Every;
                return Wait();
            case Waiting when last.Now.Nanoseconds >= _nextJob:
                _nextJob = (last.Now.Nanoseconds / Every * Every) + Every;
                _table = 0;
                Stage = Looking;
                return Look();
            case Looking:
                return Look();
            case Reaping when last.ChildPid == 0 && last.Signal == Signal.None:
                return Wait();
            default:
                Stage = Reaping;
                return new Request(RequestKind.WaitChild, 1);
        }
    }

    private Request Wait()
    {
        Stage = Waiting;
        return new Request(RequestKind.SleepUntil, _nextJob);
    }

    /// <summary>Looks whether its tables have changed, then forks for the job.</summary>
    private Request Look()
    {
        if (_table < _tables.Length)
        {
            return new Request(RequestKind.Stat, Path: _tables[_table++]);
        }

        Stage = Forked;
        return new Request(RequestKind.Fork, Program: new CronChild(Setting, ++_jobs));
    }
}
