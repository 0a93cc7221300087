using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs.Cron;

/// <summary>/bin/sh -c of a job: dash looks into the script and becomes what it runs.</summary>
internal sealed class CronShell(ProgramSetting setting, int job) : Service(setting, "shell")
{
    private static readonly ProgramImage _executable = SharedLibraries.Executable("/usr/bin/dash", 80, 37, 6, 12, [SharedLibraries.Libc]);

    private static readonly string[] _files = ["/etc/default/locale", "/etc/environment", "/usr/local/bin/collect-figures"];

    private FileGlances _glances = new(_files);

    public override ProgramImage Image => _executable;

    public override string CommandLine => "/bin/sh\0-c\0/usr/local/bin/collect-figures\0";

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _glances.HashInto(hash);
        hash.Add((long)job);
    }

    protected override bool Expects(SystemCallError error) => Stage == 0;

    protected override Request Advance(in Reply last)
    {
        if (_glances.TryNext(last, out var glance))
        {
            return glance;
        }

        Stage = 1;
        return new Request(RequestKind.Execute, Path: CronJob.Executable.Path, Program: new CronJob(Setting, job));
    }
}
