using System.Globalization;
using System.Text;

namespace VboxMem.Tools.Tests.Processes;

/// <summary>A process or thread of a hand-made tree: its stat, status, statm and cmdline in the kernel's form.</summary>
internal sealed record ATask(int Pid, string Name)
{
    public byte[]? RawName { get; init; }

    public char State { get; init; } = 'S';

    public int Parent { get; init; } = 1;

    public int? Group { get; init; }

    public int? Session { get; init; }

    public int Terminal { get; init; }

    public int Foreground { get; init; } = -1;

    public ulong Flags { get; init; } = 0x400000;

    public ulong UserTicks { get; init; }

    public ulong SystemTicks { get; init; }

    public ulong ChildTicks { get; init; }

    public int Priority { get; init; } = 20;

    public int Nice { get; init; }

    public int Threads { get; init; } = 1;

    public ulong Start { get; init; } = 100;

    public ulong VirtualBytes { get; init; } = 4096000;

    public ulong ResidentPages { get; init; } = 100;

    public ulong ResidentLimit { get; init; } = ulong.MaxValue;

    public ulong StartCode { get; init; } = 4096;

    public ulong EndCode { get; init; } = 8192;

    public ulong Faults { get; init; } = 3;

    public int Cpu { get; init; }

    public int RealTime { get; init; }

    public int Policy { get; init; }

    public string Users { get; init; } = "0\t0\t0\t0";

    public string Groups { get; init; } = "0\t0\t0\t0";

    public string MoreGroups { get; init; } = "";

    public string Signals { get; init; } = "0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000";

    public ulong LockedKilobytes { get; init; }

    public bool HasMemory { get; init; } = true;

    public bool HasStatus { get; init; } = true;

    /// <summary>Null: no such file.</summary>
    public byte[]? CommandLine { get; init; } = [];

    /// <summary>A thread of this process.</summary>
    public int? ThreadOf { get; init; }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public void AddTo(ProcTree tree)
    {
        var directory = ThreadOf is { } process ? Text($"proc/{process}/task/{Pid}") : Text($"proc/{Pid}");
        var name = RawName ?? Bytes(Name);
        tree.AddBytes(directory + "/stat", [.. Bytes(Text($"{Pid} (")), .. name, .. Bytes(StatBehindName())]);
        tree.Add(directory + "/statm", Text($"{VirtualBytes / 4096} {ResidentPages} 10 2 0 50 0\n"));
        tree.AddBytes(directory + "/comm", [.. name, (byte)'\n']);
        if (HasStatus) tree.AddBytes(directory + "/status", [.. Bytes("Name:\t"), .. Escaped(name), .. Bytes(StatusBehindName())]);
        if (CommandLine is not null) tree.AddBytes(directory + "/cmdline", CommandLine);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<byte> Escaped(byte[] name) => name.SelectMany(static c =>
        c == '\\' ? [(byte)'\\', (byte)'\\'] : c == '\n' ? [(byte)'\\', (byte)'n'] : (byte[])[c]);

    private int Tgid => ThreadOf ?? Pid;

    private string StatBehindName() => Text(
        $") {State} {Parent} {Group ?? Tgid} {Session ?? Tgid} {Terminal} {Foreground} {Flags} {Faults} 2 {Faults} 4 {UserTicks} {SystemTicks} {ChildTicks} {ChildTicks} {Priority} {Nice} {Threads} 0 {Start} ")
        + Text($"{(HasMemory ? VirtualBytes : 0)} {(HasMemory ? ResidentPages : 0)} {ResidentLimit} {StartCode} {EndCode} 140733193388032 70368744177664 4198400 0 0 4096 16384 1 0 0 17 {Cpu} {RealTime} {Policy} 0 0 0 0 0 0 0 0 0 0 0\n");

    private string StatusBehindName()
    {
        var signals = Signals.Split(' ');
        var kilobytes = VirtualBytes / 1024;
        return Text($"\nUmask:\t0022\nState:\t{State} (state)\nTgid:\t{Tgid}\nNgid:\t0\nPid:\t{Pid}\nPPid:\t{Parent}\nTracerPid:\t0\nUid:\t{Users}\nGid:\t{Groups}\nFDSize:\t64\nGroups:\t{MoreGroups} \n")
            + (HasMemory ? Text($"VmPeak:\t{kilobytes,8} kB\nVmSize:\t{kilobytes,8} kB\nVmLck:\t{LockedKilobytes,8} kB\nVmHWM:\t{ResidentPages * 4,8} kB\nVmRSS:\t{ResidentPages * 4,8} kB\nVmData:\t     500 kB\nVmStk:\t     132 kB\nVmExe:\t       4 kB\nVmLib:\t       8 kB\nVmSwap:\t       0 kB\n") : "")
            + Text($"Threads:\t{Threads}\nSigQ:\t0/1\nSigPnd:\t{signals[0]}\nShdPnd:\t{signals[1]}\nSigBlk:\t{signals[2]}\nSigIgn:\t{signals[3]}\nSigCgt:\t{signals[4]}\n");
    }
}
