// The simulated counterparts of the captured machines, and short ways to their files.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Testing;

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

    public void Dispose() => Machine.Dispose();
}
