using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Programs;

/// <summary>What the processes of one nginx have in common from the start on. Immutable.</summary>
internal sealed class NginxShared
{
    public const string AccessLogPath = "/var/log/nginx/access.log";
    public const string ErrorLogPath = "/var/log/nginx/error.log";
    public const ulong AppendToLog = (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append);

    private const string Root = "/var/www/html";
    private const ulong ErrorLineBytes = 148;

    private NginxShared(FileSet site, IReadOnlyList<Client> clients)
    {
        Site = site;
        Clients = clients;
    }

    public FileSet Site { get; }

    public IReadOnlyList<Client> Clients { get; }

    /// <summary>Lays the site out.</summary>
    /// <param name="setting">Whose scenario, and how large the site is.</param>
    public static NginxShared For(ProgramSetting setting) =>
        new(new FileSet(Root, setting.Scenario.Site, setting.Parameters.SizeBytes), setting.Scenario.Network.Clients);

    /// <summary>A line of the error log: that some call failed, and for whom.</summary>
    /// <param name="errorLog">Its descriptor.</param>
    public static Request ErrorLine(ulong errorLog) => new(RequestKind.Write, errorLog, ErrorLineBytes);

    /// <summary>Whether a directory is the site's.</summary>
    public static bool IsSite(string path) => path == Root;

    /// <summary>Errors that nginx writes to its error log, and goes on.</summary>
    public static bool Survives(SystemCallError error) => error is SystemCallError.NoMemory or SystemCallError.NoSpace
        or SystemCallError.NoEntry or SystemCallError.TooManyFiles or SystemCallError.Io or SystemCallError.Again;
}
