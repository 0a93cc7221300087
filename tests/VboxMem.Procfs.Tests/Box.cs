// The simulated counterparts of the captured machines, and short ways to their files.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Time;
using VboxMem.Testing;
using VboxMem.Workloads;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Procfs.Tests;

/// <summary>A booted box and its tree.</summary>
internal sealed class Box : IDisposable
{
    private const ulong CapturedInitrdBytes = 1388UL << 10;

    private Box(MachineConfiguration configuration)
    {
        Machine = Machine.Boot(configuration);
        Tree = new MachineTree(Machine);
    }

    public Machine Machine { get; }

    public MachineTree Tree { get; }

    public IEnumerable<string> Paths => Tree.Files.Select(static file => file.Path);

    public static Box With(ulong ramMebibytes = 1024, int cpus = 2, string commandLine = "quiet nokaslr panic=-1") => new(new MachineConfiguration
    {
        RamBytes = ramMebibytes << 20,
        Cpus = cpus,
        InitrdBytes = CapturedInitrdBytes,
        CommandLine = commandLine,
    });

    /// <summary>A machine with a disk that is mounted at / and, unless there is to be no swap, a disk for that.</summary>
    public static Box WithDisks(ulong ramMebibytes = 256, ulong swapMebibytes = 256) => new(new MachineConfiguration
    {
        RamBytes = ramMebibytes << 20,
        Cpus = 2,
        InitrdBytes = CapturedInitrdBytes,
        Disks = swapMebibytes == 0 ? [ADisk("vda", 4096)] : [ADisk("vda", 4096), ADisk("vdb", swapMebibytes)],
        Swaps = swapMebibytes == 0 ? [] : [new SwapConfiguration(1)],
        Mounts = [new MountConfiguration("/", 0)],
    });

    /// <summary>A machine of the captured one's shape.</summary>
    public static Box Like(Capture capture)
    {
        var nodes = capture.Machine.NodesMebibytes;
        var configuration = new MachineConfiguration
        {
            RamBytes = (ulong)capture.Machine.RamMebibytes << 20,
            Cpus = capture.Machine.Cpus,
            InitrdBytes = CapturedInitrdBytes,
            CommandLine = capture.Machine.CommandLine,
            Nodes = nodes.Count == 1
                ? []
                : nodes.Select(mebibytes => new NodeConfiguration
                {
                    RamBytes = (ulong)mebibytes << 20,
                    Cpus = capture.Machine.Cpus / nodes.Count,
                }).ToArray(),
        };
        return new Box(capture.Setting is null ? configuration : configuration with { VmSettings = SettingsOf(capture.Setting) });
    }

    // The capture's first half read every file of /proc/sys/vm, and Linux works the lowmem reserve out anew whenever
    // lowmem_reserve_ratio is read, from what is managed then; here only a write does.
    private static KeyValuePair<string, string>[] SettingsOf(CapturedSetting setting) =>
        [new("lowmem_reserve_ratio", "256 256 32 0 0"), new(setting.Name, setting.Value)];

    public string Read(string path)
    {
        Assert.Equal(Errno.None, Tree.TryRead(path, out var content));
        return Encoding.UTF8.GetString(content.Span);
    }

    public Errno Write(string path, string text) => Tree.TryWrite(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Starts a building block.</summary>
    public Kernel.Sched.Process Start(string program, ProgramParameters parameters, int nice = 0)
    {
        var group = new GroupConfiguration(program, program, Processes: 1, Uid: 0, nice, OomScoreAdj: 0, StartsAt: null, parameters);
        return Machine.Spawn(ProgramCatalog.Create(new ProgramSetting(group, Instance: 0, Start: 0, Scenario.Build(1))), nice: nice)!;
    }

    /// <summary>Starts a program and lets it do what it asks for first.</summary>
    public Kernel.Sched.Process Start(Requests program, uint uid = 0, ulong milliseconds = 500)
    {
        var task = Machine.Spawn(program, uid)!;
        Run(milliseconds);
        return task;
    }

    /// <summary>A file of a process.</summary>
    public string Read(Kernel.Sched.Process task, string file) => Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{task.Pid}/{file}"));

    public void Run(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    /// <summary>The numbers of the line that begins with a word.</summary>
    public long[] Line(string path, string word) => Figures.Numbers(
        Read(path).Split('\n').Single(line => line.StartsWith(word + " ", StringComparison.Ordinal)));

    private static DiskConfiguration ADisk(string name, ulong mebibytes) => new(
        name, mebibytes << 20, ReadBytesPerSecond: 200 << 20, WriteBytesPerSecond: 100 << 20, LatencyNanoseconds: 200_000,
        SeekNanoseconds: 0, IsRotational: true);

    public void Dispose() => Machine.Dispose();
}
