using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests.Services;

/// <summary>A real machine with its root on a disk, on which services run as children of an init that reaps at once.</summary>
internal sealed class ServiceBox : IDisposable
{
    public const ulong Mebibyte = 1 << 20;

    private readonly ulong _seed;

    public ServiceBox(int ramMebibytes = 512, ulong seed = 1)
    {
        _seed = seed;
        Machine = Machine.Boot(new MachineConfiguration
        {
            RamBytes = (ulong)ramMebibytes << 20,
            Cpus = 2,
            InitrdBytes = 347 * 4096,
            Seed = seed,
            Disks = [new DiskConfiguration("vda", 20UL << 30, 200 << 20, 100 << 20, 100_000, 0, IsRotational: false)],
            Mounts = [new MountConfiguration("/", 0), new MountConfiguration("/run", -1)],
        });
    }

    private ServiceBox(Machine machine, ulong seed) => (Machine, _seed) = (machine, seed);

    public Machine Machine { get; }

    public IEnumerable<Process> Services => Machine.Processes.Tasks.Where(static task => !task.IsKernelThread && task.Pid != Scheduler.InitPid);

    public IEnumerable<Process> Zombies => Machine.Processes.Tasks.Where(static task => task.State == TaskState.Zombie);

    public ulong DirtyPages => (ulong)Machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.Dirty);

    public ulong AnonPages => (ulong)Machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.AnonPages);

    public ulong ShmemPages => (ulong)Machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.Shmem);

    public void Dispose() => Machine.Dispose();

    public ServiceBox Clone() => new(Machine.Clone(), _seed);

    public Process Start(string program, ProgramParameters parameters, short oomScoreAdj = 0, string name = "svc", uint uid = 0)
    {
        var group = new GroupConfiguration(name, program, 1, uid, 0, oomScoreAdj, null, parameters);
        var setting = new ProgramSetting(group, Instance: 0, Start: 0, Scenario.Build(_seed));
        return Machine.Spawn(ProgramCatalog.Create(setting), uid, oomScoreAdj: oomScoreAdj)!;
    }

    public void Run(double seconds) => Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds((ulong)(seconds * 1000))));

    /// <summary>Runs on until something holds, looking every so often; fails when it has not come within so many seconds.</summary>
    public void RunUntil(Func<bool> isSo, double seconds = 60, double step = 0.05)
    {
        var holds = isSo();
        for (var run = 0.0; run < seconds && !holds; run += step)
        {
            Run(step);
            holds = isSo();
        }

        Assert.True(holds, $"it has not come about by {Machine.Now}");
    }

    public void Audit() => VboxMem.Kernel.Auditing.Audit.Check(Machine);

    public bool IsAlive(Process task) =>
        Machine.Processes.TryGet(task.Pid, out var found) && found == task && task.State != TaskState.Zombie;

    public IEnumerable<Process> ChildrenOf(Process parent) => Services.Where(task => task.ParentPid == parent.Pid);

    public Process? Titled(string title) => Services.FirstOrDefault(task => TitleOf(task) == title);

    public static string TitleOf(Process task) => task.CommandLine.TrimEnd('\0').Replace('\0', ' ');

    public MemoryDescriptor MemoryOf(Process task) => Machine.Memory[task.MemoryId];

    public ulong AnswersOf(string service) => Machine.ServiceTimes.TryGet(service, out var times) ? times.Count : 0;

    public void Tune(string file, string value) =>
        Assert.Equal(Kernel.Sysctl.SysctlResult.Done, Machine.Sysctls.Write(file, Encoding.UTF8.GetBytes(value + "\n")));
}
