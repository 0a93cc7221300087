using VboxMem.Kernel.Sched;
using VboxMem.Workloads.BuildingBlocks;
using VboxMem.Workloads.Programs;
using VboxMem.Workloads.Programs.Cron;
using VboxMem.Workloads.Programs.Java;
using VboxMem.Workloads.Programs.Journald;
using VboxMem.Workloads.Programs.Postgres;
using VboxMem.Workloads.Programs.Redis;
using VboxMem.Workloads.Programs.Ssh;

namespace VboxMem.Workloads;

/// <summary>The programs a profile may name.</summary>
public static class ProgramCatalog
{
    private static readonly (string Name, Func<ProgramSetting, UserProgram> Make)[] _programs =
    [
        ("touch", static setting => new TouchMemory(setting.Name, setting.Parameters)),
        ("reserve", static setting => new ReserveMemory(setting.Name, setting.Parameters)),
        ("leak", static setting => new LeakMemory(setting.Name, setting.Parameters)),
        ("read", static setting => new StreamFile(setting.Name, setting.Parameters with { IsWrite = false })),
        ("write", static setting => new StreamFile(setting.Name, setting.Parameters with { IsWrite = true })),
        ("map", static setting => new MapFile(setting.Name, setting.Parameters)),
        ("lock", static setting => new LockMemory(setting.Name, setting.Parameters)),
        ("fork", static setting => new ForkChildren(setting.Name, setting.Parameters)),
        ("files", static setting => new ManyFiles(setting.Name, setting.Parameters)),
        ("threads", static setting => new ThreadedMemory(setting.Name, setting.Parameters)),
        ("sleep", static setting => new Sleeper(setting.Name, setting.Parameters)),
        ("process", static setting => new ProcessReplica(setting)),
        ("totals", static setting => new TotalsFiller(setting)),
        ("sync", static setting => new Syncer(setting.Name, setting.Parameters)),
        ("nginx", static setting => new NginxMaster(setting)),
        ("leaky", static setting => new LeakyServer(setting)),
        ("logwriter", static setting => new LogWriter(setting)),
        ("backup", static setting => new Backup(setting)),
        ("postgres", static setting => new Postmaster(setting)),
        ("redis", static setting => new RedisServer(setting)),
        ("jvm", static setting => new JavaMachine(setting)),
        ("sshd", static setting => new SshListener(setting)),
        ("cron", static setting => new CronDaemon(setting)),
        ("journald", static setting => new JournalDaemon(setting)),
    ];

    /// <summary>Names of all programs.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _programs.Select(static program => program.Name)];

    /// <summary>The group of a program that knows it, as forked replicas do; null for all others.</summary>
    public static string? GroupOf(UserProgram? program) => (program as ProcessReplica)?.GroupName;

    /// <summary>A program in its initial state.</summary>
    /// <param name="setting">Whom it runs for; the group's Program is one of <see cref="Names"/>.</param>
    public static UserProgram Create(ProgramSetting setting)
    {
        foreach (var (name, make) in _programs)
        {
            if (name == setting.Group.Program)
            {
                return make(setting);
            }
        }

        throw new ArgumentException($"no program is called {setting.Group.Program}", nameof(setting));
    }
}
