using VboxMem.Kernel.Sched;
using VboxMem.Workloads.BuildingBlocks;

namespace VboxMem.Workloads;

/// <summary>The programs a profile may name.</summary>
public static class ProgramCatalog
{
    private static readonly (string Name, Func<string, ProgramParameters, UserProgram> Make)[] _programs =
    [
        ("touch", static (name, parameters) => new TouchMemory(name, parameters)),
        ("reserve", static (name, parameters) => new ReserveMemory(name, parameters)),
        ("leak", static (name, parameters) => new LeakMemory(name, parameters)),
        ("read", static (name, parameters) => new StreamFile(name, parameters with { IsWrite = false })),
        ("write", static (name, parameters) => new StreamFile(name, parameters with { IsWrite = true })),
        ("map", static (name, parameters) => new MapFile(name, parameters)),
        ("lock", static (name, parameters) => new LockMemory(name, parameters)),
        ("fork", static (name, parameters) => new ForkChildren(name, parameters)),
        ("threads", static (name, parameters) => new ThreadedMemory(name, parameters)),
        ("files", static (name, parameters) => new ManyFiles(name, parameters)),
        ("sleep", static (name, parameters) => new Sleeper(name, parameters)),
        ("sync", static (name, parameters) => new Syncer(name, parameters)),
    ];

    /// <summary>Names of all programs.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _programs.Select(static program => program.Name)];

    /// <summary>A program in its initial state.</summary>
    /// <param name="group">The group it runs for; its Program is one of <see cref="Names"/>.</param>
    public static UserProgram Create(GroupConfiguration group)
    {
        foreach (var (name, make) in _programs)
        {
            if (name == group.Program)
            {
                return make(group.Name, group.Parameters);
            }
        }

        throw new ArgumentException($"no program is called {group.Program}", nameof(group));
    }
}
