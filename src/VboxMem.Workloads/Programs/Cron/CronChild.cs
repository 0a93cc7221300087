using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Programs.Journald;

namespace VboxMem.Workloads.Programs.Cron;

/// <summary>CRON: cron's child for one job. Logs it, forks the shell that runs it, waits for that and exits.</summary>
/// <param name="setting">The group's.</param>
/// <param name="job">Which run it is, from 1.</param>
internal sealed class CronChild(ProgramSetting setting, int job) : Service(setting, "child")
{
    private const uint LogLineBytes = 70;

    private const int Begin = 0;
    private const int Titled = 1;
    private const int Logged = 2;
    private const int Forked = 3;
    private const int Waiting = 4;

    public override ProgramImage Image => CronDaemon.Executable;

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add((long)job);
    }

    protected override bool Expects(SystemCallError error) =>
        (Journal.IsLost(error) && Stage == Logged) || (error == SystemCallError.NoChild && Stage == Waiting);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                Stage = Titled;
                return new Request(RequestKind.SetTitle, Path: "/usr/sbin/CRON -f");
            case Titled:
                Stage = Logged;
                return Journal.Line(LogLineBytes);
            case Logged:
                Stage = Forked;
                return new Request(RequestKind.Fork, Program: new Launch(
                    Image, new CronShell(Setting, job), new Request(RequestKind.SetSession)));
            case Forked:
                Stage = Waiting;
                return new Request(RequestKind.WaitChild);
            default:
                return Exit();
        }
    }
}
