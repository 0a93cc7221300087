using VboxMem.Kernel;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Net;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests;

/// <summary>A booted machine with an ext4 disk as its root, on which groups of a scenario's services run.</summary>
internal sealed class ServiceBox : IDisposable
{
    private readonly Scenario _scenario = Scenario.Build(1);

    public ServiceBox(int ramMebibytes = 256) => Machine = Machine.Boot(new MachineConfiguration
    {
        RamBytes = (ulong)ramMebibytes << 20,
        Cpus = 2,
        InitrdBytes = 1 << 20,
        CommandLine = "nokaslr",
        Seed = 1,
        Disks = [new DiskConfiguration("vda", 8UL << 30, 400 << 20, 400 << 20, 100_000, 0, IsRotational: false)],
        Mounts = [new MountConfiguration("/", 0), new MountConfiguration("/run", -1)],
    });

    private ServiceBox(Machine machine) => Machine = machine;

    public Machine Machine { get; }

    public ServiceBox Clone() => new(Machine.Clone());

    /// <summary>Starts a service as root under its group's name.</summary>
    public Process Start(string program, ProgramParameters parameters, string? name = null)
    {
        var group = new GroupConfiguration(name ?? program, program, 1, 0, 0, 0, null, parameters);
        return Machine.Spawn(ProgramCatalog.Create(new ProgramSetting(group, Instance: 0, Start: 0, _scenario)))!;
    }

    public ServiceBox RunFor(ulong milliseconds)
    {
        Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));
        Audit.Check(Machine);
        return this;
    }

    /// <summary>Tasks that run a program of this kind, zombies left out.</summary>
    public List<Process> Running<TProgram>()
        where TProgram : UserProgram => [.. Machine.Processes.Tasks.Where(static task => task is { Program: TProgram, State: not TaskState.Zombie })];

    public ResponseTimes TimesOf(string service)
    {
        Assert.True(Machine.ServiceTimes.TryGet(service, out var times), $"{service} has not answered anybody");
        return times;
    }

    public void Dispose() => Machine.Dispose();
}
