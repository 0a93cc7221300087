using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs;

/// <summary>
/// A short command that somebody types: looks into a few files, or reads one from end to end, writes its answer to the terminal and exits.
/// </summary>
/// <param name="setting">The group's.</param>
/// <param name="kind">Which command: 0 to <see cref="Kinds"/> less one.</param>
internal sealed class ShellCommand(ProgramSetting setting, int kind) : Service(setting, "command")
{
    private const ulong ChunkBytes = 128 << 10;
    private const ulong PrintNanoseconds = 400_000;

    private static readonly Kind[] _kinds =
    [
        new(Coreutil("ls", 92, 52, 5, 5), "ls\0-l\0", ["/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd"], "", 0),
        new(Coreutil("cat", 23, 16, 2, 1), "cat\0/etc/hosts\0", ["/etc/hosts"], "", 0),
        new(
            SharedLibraries.Executable("/usr/bin/grep", 144, 45, 5, 67, [SharedLibraries.Pcre, SharedLibraries.Libc]),
            "grep\0-c\0error\0/var/log/dpkg.log\0", [], "/var/log/dpkg.log", 900 << 10),
        new(Coreutil("tail", 46, 25, 3, 1), "tail\0/var/log/alternatives.log\0", [], "/var/log/alternatives.log", 40 << 10),
        new(Coreutil("df", 65, 28, 3, 1), "df\0-h\0", ["/etc/mtab", "/etc/localtime"], "", 0),
        new(
            SharedLibraries.Executable("/usr/bin/ps", 66, 61, 17, 129, [SharedLibraries.Systemd, SharedLibraries.Cap, SharedLibraries.Libc]),
            "ps\0aux\0", ["/etc/passwd", "/etc/nsswitch.conf"], "", 0),
    ];

    private const int Looking = 0;
    private const int Opened = 1;
    private const int Reading = 2;
    private const int Printing = 3;

    private FileGlances _glances = new(_kinds[kind].Files);
    private ulong _file;

    /// <summary>How many commands there are.</summary>
    public static int Kinds => _kinds.Length;

    public override ProgramImage Image => _kinds[kind].Image;

    public override string CommandLine => _kinds[kind].CommandLine;

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _glances.HashInto(hash);
        hash.Add((long)kind);
        hash.Add(_file);
    }

    protected override bool Expects(SystemCallError error) => Stage == Looking;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Looking when _glances.TryNext(last, out var glance):
                return glance;
            case Looking when _kinds[kind].Path.Length > 0:
                Stage = Opened;
                return new Request(RequestKind.Open, (ulong)OpenFlags.Create, _kinds[kind].Bytes, Path: _kinds[kind].Path);
            case Opened:
                _file = (ulong)last.Value;
                Stage = Reading;
                return new Request(RequestKind.Read, _file, ChunkBytes);
            case Reading when last.Value > 0:
                return new Request(RequestKind.Read, _file, ChunkBytes);
            case Looking or Reading:
                Stage = Printing;
                return new Request(RequestKind.Compute, PrintNanoseconds);
            default:
                return Exit();
        }
    }

    private static ProgramImage Coreutil(string name, ulong text, ulong constants, ulong data, ulong bss) => SharedLibraries.Executable(
        "/usr/bin/" + name, text, constants, data, bss, [SharedLibraries.Selinux, SharedLibraries.Cap, SharedLibraries.Pcre, SharedLibraries.Libc]);

    /// <param name="Image">Its executable.</param>
    /// <param name="CommandLine">Its arguments.</param>
    /// <param name="Files">Small files that it looks into.</param>
    /// <param name="Path">The file that it reads from end to end; empty: none.</param>
    /// <param name="Bytes">How large that is.</param>
    private sealed record Kind(ProgramImage Image, string CommandLine, string[] Files, string Path, ulong Bytes);
}
