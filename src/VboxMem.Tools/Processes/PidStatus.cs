using System.Buffers.Text;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Processes;

/// <summary>
/// <c>/proc/PID/status</c>: identity, memory in kB, signals. Kernel threads and zombies have no memory lines; what the file has not
/// counts 0, except signals and groups, which are null.
/// </summary>
public struct PidStatus
{
    public byte State;

    public int Tgid, Pid, ParentPid, Threads;

    public uint RealUser, EffectiveUser, SavedUser, FileSystemUser;

    public uint RealGroup, EffectiveGroup, SavedGroup, FileSystemGroup;

    public ulong VmPeak, VmSize, VmLocked, VmHighWater, VmRss, RssAnon, RssFile, RssShmem;

    public ulong VmData, VmStack, VmExe, VmLib, VmPageTables, VmSwap;

    public ulong? PendingForThread, PendingForProcess, Blocked, Ignored, Caught;

    /// <summary>Supplementary groups where the file has any: numbers and blanks between them, as a range of the file.</summary>
    public Range? Groups;

    public ulong VoluntarySwitches, InvoluntarySwitches;

    /// <summary>Whether a line gave user and group, which else are the owner's of the directory.</summary>
    public bool HasUser, HasGroup;

    /// <summary>Whether the process has memory of its own, which kernel threads and zombies have not.</summary>
    public bool HasMemory;

    /// <summary>Whether the kernel divides resident memory into anonymous, of files and shared, as 4.5 and later do.</summary>
    public bool HasResidentKinds;

    /// <param name="text">The file.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="name">Where the name lies, backslash and newline escaped in it.</param>
    /// <exception cref="ProcFormatException">A known line is malformed. Unknown lines are left to later kernels.</exception>
    public static PidStatus Parse(ReadOnlySpan<byte> text, string path, out Range name)
    {
        var status = new PidStatus();
        name = default;
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            var label = reader.TakeUpTo((byte)':');
            if (label.StartsWith("Vm"u8) || label.StartsWith("Rss"u8)) status.TakeSize(ref reader, label);
            else if (label.StartsWith("Sig"u8) || label.SequenceEqual("ShdPnd"u8)) status.TakeSignals(ref reader, label);
            else if (label.SequenceEqual("Name"u8)) name = RangeOf(text, reader.Rest.TrimStart((byte)'\t'));
            else if (label.SequenceEqual("Groups"u8)) status.TakeGroups(ref reader, text);
            else status.TakeIdentity(ref reader, label);
        }

        return status;
    }

    private static Range RangeOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> piece)
    {
        if (piece.IsEmpty) return default;
        text.Overlaps(piece, out var start);
        return start..(start + piece.Length);
    }

    private void TakeGroups(ref LineReader reader, ReadOnlySpan<byte> text)
    {
        var groups = reader.Rest.Trim(" \t"u8);
        if (!groups.IsEmpty) Groups = RangeOf(text, groups);
    }

    private void TakeIdentity(ref LineReader reader, ReadOnlySpan<byte> label)
    {
        if (label.SequenceEqual("State"u8)) State = TakeState(ref reader);
        else if (label.SequenceEqual("Tgid"u8)) Tgid = TakePid(ref reader, "Tgid");
        else if (label.SequenceEqual("Pid"u8)) Pid = TakePid(ref reader, "Pid");
        else if (label.SequenceEqual("PPid"u8)) ParentPid = TakePid(ref reader, "PPid");
        else if (label.SequenceEqual("Threads"u8)) Threads = TakePid(ref reader, "Threads");
        else if (label.SequenceEqual("Uid"u8)) TakeUsers(ref reader);
        else if (label.SequenceEqual("Gid"u8)) TakeGroupIds(ref reader);
        else if (label.SequenceEqual("voluntary_ctxt_switches"u8)) VoluntarySwitches = reader.TakeNumber("voluntary_ctxt_switches");
        else if (label.SequenceEqual("nonvoluntary_ctxt_switches"u8)) InvoluntarySwitches = reader.TakeNumber("nonvoluntary_ctxt_switches");
    }

    private static byte TakeState(ref LineReader reader) =>
        reader.TryTakeField(out var state) ? state[0] : throw reader.Malformed("State has no letter");

    private static int TakePid(ref LineReader reader, string what)
    {
        var number = reader.TakeNumber(what);
        return number <= int.MaxValue ? (int)number : throw reader.Malformed($"{what} is {number}, allowed are 0 to {int.MaxValue}");
    }

    private static uint TakeId(ref LineReader reader, string what)
    {
        var number = reader.TakeNumber(what);
        return number <= uint.MaxValue ? (uint)number : throw reader.Malformed($"{what} is {number}, allowed are 0 to {uint.MaxValue}");
    }

    private void TakeUsers(ref LineReader reader)
    {
        RealUser = TakeId(ref reader, "the real user");
        EffectiveUser = TakeId(ref reader, "the effective user");
        SavedUser = TakeId(ref reader, "the saved user");
        FileSystemUser = TakeId(ref reader, "the file system user");
        HasUser = true;
    }

    private void TakeGroupIds(ref LineReader reader)
    {
        RealGroup = TakeId(ref reader, "the real group");
        EffectiveGroup = TakeId(ref reader, "the effective group");
        SavedGroup = TakeId(ref reader, "the saved group");
        FileSystemGroup = TakeId(ref reader, "the file system group");
        HasGroup = true;
    }

    private void TakeSignals(ref LineReader reader, ReadOnlySpan<byte> label)
    {
        if (label.SequenceEqual("SigPnd"u8)) PendingForThread = TakeMask(ref reader);
        else if (label.SequenceEqual("ShdPnd"u8)) PendingForProcess = TakeMask(ref reader);
        else if (label.SequenceEqual("SigBlk"u8)) Blocked = TakeMask(ref reader);
        else if (label.SequenceEqual("SigIgn"u8)) Ignored = TakeMask(ref reader);
        else if (label.SequenceEqual("SigCgt"u8)) Caught = TakeMask(ref reader);
    }

    private static ulong TakeMask(ref LineReader reader)
    {
        reader.TryTakeField(out var field);
        return field.Length == 16 && Utf8Parser.TryParse(field, out ulong mask, out var length, 'x') && length == 16
            ? mask
            : throw reader.Malformed($"a mask of signals is \"{LineReader.Quote(field)}\", allowed are 16 hexadecimal digits");
    }

    private void TakeSize(ref LineReader reader, ReadOnlySpan<byte> label)
    {
        HasMemory |= label.SequenceEqual("VmSize"u8);
        HasResidentKinds |= label.SequenceEqual("RssAnon"u8);
        if (label.SequenceEqual("VmSize"u8)) VmSize = reader.TakeNumber("VmSize");
        else if (label.SequenceEqual("VmRSS"u8)) VmRss = reader.TakeNumber("VmRSS");
        else if (label.SequenceEqual("RssAnon"u8)) RssAnon = reader.TakeNumber("RssAnon");
        else if (label.SequenceEqual("RssFile"u8)) RssFile = reader.TakeNumber("RssFile");
        else if (label.SequenceEqual("RssShmem"u8)) RssShmem = reader.TakeNumber("RssShmem");
        else if (label.SequenceEqual("VmSwap"u8)) VmSwap = reader.TakeNumber("VmSwap");
        else if (label.SequenceEqual("VmPeak"u8)) VmPeak = reader.TakeNumber("VmPeak");
        else if (label.SequenceEqual("VmHWM"u8)) VmHighWater = reader.TakeNumber("VmHWM");
        else if (label.SequenceEqual("VmLck"u8)) VmLocked = reader.TakeNumber("VmLck");
        else if (label.SequenceEqual("VmData"u8)) VmData = reader.TakeNumber("VmData");
        else if (label.SequenceEqual("VmStk"u8)) VmStack = reader.TakeNumber("VmStk");
        else if (label.SequenceEqual("VmExe"u8)) VmExe = reader.TakeNumber("VmExe");
        else if (label.SequenceEqual("VmLib"u8)) VmLib = reader.TakeNumber("VmLib");
        else if (label.SequenceEqual("VmPTE"u8)) VmPageTables = reader.TakeNumber("VmPTE");
    }
}
