using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Procfs.Proc;

/// <summary>The short files of /proc that hold constants of the kernel, or the machine's description.</summary>
internal static class SystemFiles
{
    public static void RenderVersion(Machine machine, ProcText text) => text.Text(KernelVersion.Banner).NewLine();

    public static void RenderCmdline(Machine machine, ProcText text) => text.Text(machine.Configuration.CommandLine).NewLine();

    /// <summary>File systems built into the kernel, in the order they register; modules would add theirs.</summary>
    /// <remarks>A constant of the build, after what a Debian cloud kernel builds in; no capture has the file to compare with.</remarks>
    public static void RenderFilesystems(Machine machine, ProcText text)
    {
        text.Literal("nodev\tsysfs\nnodev\ttmpfs\nnodev\tbdev\nnodev\tproc\nnodev\tcgroup\nnodev\tcgroup2\nnodev\tcpuset\n"u8);
        text.Literal("nodev\tdevtmpfs\nnodev\tdebugfs\nnodev\ttracefs\nnodev\tsecurityfs\nnodev\tsockfs\nnodev\tbpf\nnodev\tpipefs\n"u8);
        text.Literal("nodev\tramfs\nnodev\thugetlbfs\nnodev\tdevpts\n\text3\n\text2\n\text4\nnodev\tfuse\nnodev\tmqueue\n"u8);
    }

    /// <summary>The device numbers of what the box has: memory devices (/dev/kmsg), disks, and what the block layer always registers.</summary>
    /// <remarks>fs/proc/devices.c. Departs: the numbers of terminals, buses and other drivers are left out.</remarks>
    public static void RenderDevices(Machine machine, ProcText text) => text.Literal(
        "Character devices:\n  1 mem\n\nBlock devices:\n254 virtblk\n259 blkext\n"u8);

    /// <summary>/proc/sysrq-trigger takes whatever is written.</summary>
    public static Errno TriggerSysRq(Machine machine, ReadOnlySpan<byte> content)
    {
        SysRq.Trigger(machine, content);
        return Errno.None;
    }

    public static void RenderHostname(Machine machine, ProcText text) => text.Text(machine.Configuration.HostName).NewLine();

    /// <summary>/etc/passwd of a box that nobody has given users.</summary>
    public static byte[] RootAlone { get; } = [.. "root:x:0:0:root:/root:/bin/bash\n"u8];
}
