// What stands in a column of ps: the text of a field of a process.
//
// Models  procps-ng 4.0.2 and 4.0.4, ps(1).

using System.Globalization;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

internal static class PsCells
{
    private const string None = "-";
    private const int KilobytesPerPage = 4;
    private const int NormalScheduling = 0;
    private const int BatchScheduling = 3;
    private const int UnknownScheduling = -1;

    /// <param name="field">The field.</param>
    /// <param name="process">Whose.</param>
    /// <param name="room">Columns the text may take; only names and arguments heed it.</param>
    /// <param name="branch">The branches of the forest, before a command.</param>
    /// <param name="wideSignals">Signals have 16 digits.</param>
    internal static PsCell Of(PsField field, PsProcess process, int room, string branch, bool wideSignals)
    {
        var record = process.Record;
        return field switch
        {
            PsField.Nothing => PsCell.Of(None),
            <= PsField.Executable => Text(field, process, room, branch),
            <= PsField.TimeSeconds => PsCell.Of(Use(field, process)),
            <= PsField.LongStart => PsCell.Of(PsTimes.Of(field, process)),
            <= PsField.MajorFaults => PsCell.Of(Size(field, process)),
            <= PsField.OomAdjustment => PsCell.Of(Schedule(field, record)),
            <= PsField.InstructionPointer => PsCell.Of(Standing(field, process, room)),
            <= PsField.SignalsCaught => PsCell.Of(Mask(Signals(field, record), wideSignals)),
            <= PsField.LoginUser => PsCell.Of(Number(field, record)),
            <= PsField.Groups => PsOwners.Of(field, process, room),
            <= PsField.WriteCalls => PsCell.Of(Decimal(Io(field, record.Io))),
            _ => PsCell.Of(SecurityLabel(process)),
        };
    }

    internal static string Decimal(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    internal static string Decimal(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static PsCell Text(PsField field, PsProcess process, int room, string branch)
    {
        var record = process.Record;
        var isUtf8 = process.System.IsUtf8;
        return field switch
        {
            PsField.AutoGroupId => PsCell.Of(Decimal(record.AutoGroup)),
            PsField.AutoGroupNice => PsCell.Of(Decimal(record.AutoGroupNice)),
            PsField.CommandLine => Command(process, !process.System.Request.NameOnly, room, branch),
            PsField.CommandName => Command(process, process.System.Request.FullCommand, room, branch),
            PsField.ShortName => ShortName(process, room, branch),
            PsField.ControlGroup => Fit(ProcessText.ControlGroups(record, isUtf8), room),
            PsField.ControlGroupName => Fit(ProcessText.ControlGroupName(record, isUtf8), room),
            _ => Fit(record.Executable.Length == 0 ? None : PrintableText.Escape(record.Executable, isUtf8), room),
        };
    }

    private static PsCell Fit(string text, int room)
    {
        var fitted = PrintableText.Fit(text, room, out var cells);
        return new PsCell(fitted, cells);
    }

    private static PsCell Command(PsProcess process, bool withArguments, int room, string branch)
    {
        branch = Cut(branch, room, process.System.Request.Forest);
        var command = Fit(withArguments ? process.CommandLine : process.Name, room - branch.Length);
        var text = branch + command.Text;
        var cells = branch.Length + command.Cells;
        if (!process.System.Request.WithEnvironment || room - cells <= 1) return new PsCell(text, cells);
        var environment = Environment(process, room - cells - 1);
        return environment.Cells == 0 ? new PsCell(text, cells) : new PsCell($"{text} {environment.Text}", cells + 1 + environment.Cells);
    }

    private static PsCell Environment(PsProcess process, int room)
    {
        var environment = ProcessText.Environment(process.Record, process.System.IsUtf8);
        return environment == None ? PsCell.Of("") : Fit(environment, room);
    }

    private static PsCell ShortName(PsProcess process, int room, string branch)
    {
        const int most = 8;
        branch = Cut(branch, room, process.System.Request.Forest);
        var limit = Math.Min(room - branch.Length, most);
        var name = Fit(process.Name, limit);
        return new PsCell(branch + name.Text, room - (limit - name.Cells));   // a wider column counts as if it were full but for the name
    }

    /// <summary>As many whole branches as fit.</summary>
    private static string Cut(string branch, int room, char forest)
    {
        var step = forest == 'u' ? 2 : 4;
        return branch.Length <= room ? branch : branch[..(Math.Max(room, 0) / step * step)];
    }

    private static string Use(PsField field, PsProcess process)
    {
        var withDead = process.System.Request.WithDeadChildren;
        return field switch
        {
            PsField.CpuWhole => Math.Min(Unsigned(process.Utilization(withDead)), 99).ToString(CultureInfo.InvariantCulture).PadLeft(2),
            PsField.Cpu => Tenths(Unsigned(process.Utilization(withDead) * 10)),
            PsField.CpuPerMill => Math.Min(Unsigned(process.Utilization(withDead) * 10), 999).ToString(CultureInfo.InvariantCulture).PadLeft(3),
            PsField.CpuExact => Exact(process.Utilization(withDeadChildren: false)),
            PsField.CpuExactAll => Exact(process.Utilization(withDeadChildren: true)),
            PsField.Memory => MemoryShare(process),
            _ => PsTimes.Of(field, process),
        };
    }

    private static string Exact(double share) => CNumber.Fixed(share > 99 ? 99.999 : share, 3);

    private static string Tenths(uint tenths) => tenths > 999
        ? Decimal((ulong)(tenths / 10))
        : string.Create(CultureInfo.InvariantCulture, $"{tenths / 10}.{tenths % 10}");

    private static string MemoryShare(PsProcess process)
    {
        var total = process.System.MemoryTotal;
        var mills = total == 0 ? 0 : unchecked(process.Record.Status.VmRss * 1000) / total;
        if (mills > 999) mills = 999;
        return string.Create(CultureInfo.InvariantCulture, $"{mills / 10,2}.{mills % 10}");
    }

    /// <summary>C's conversion to 32 bits on x86-64: through 64, of which the lower half stays.</summary>
    private static uint Unsigned(double value) => value is >= 0 and < 9.2e18 ? unchecked((uint)(long)value) : 0;

    private static string Size(PsField field, PsProcess process)
    {
        var (stat, status) = (process.Record.Stat, process.Record.Status);
        var withDead = process.System.Request.WithDeadChildren;
        unchecked
        {
            return field switch
            {
                PsField.VirtualSize => Decimal(status.VmSize),
                PsField.VirtualPages => Decimal(status.VmSize / KilobytesPerPage),
                PsField.VirtualBytes => Decimal(stat.VirtualBytes),
                PsField.Resident => Decimal(status.VmRss),
                PsField.Swappable => Decimal(status.VmData + status.VmStack),
                PsField.TextSize => Decimal(stat.VirtualBytes == 0 ? 0 : (long)((stat.EndCode - stat.StartCode) >> 10)),
                PsField.DataSize => Decimal(stat.VirtualBytes == 0 ? 0 : (long)((stat.VirtualBytes - stat.EndCode + stat.StartCode) >> 10)),
                PsField.ResidentLimit => stat.ResidentLimit == ulong.MaxValue ? "xx" : Decimal(stat.ResidentLimit >> 10).PadLeft(5),
                PsField.Pss => Decimal(process.Record.Rollup.Pss),
                PsField.Uss => Decimal(process.Record.Rollup.Uss),
                PsField.MinorFaults => Decimal(stat.MinorFaults + (withDead ? stat.ChildMinorFaults : 0)),
                _ => Decimal(stat.MajorFaults + (withDead ? stat.ChildMajorFaults : 0)),
            };
        }
    }

    private static string Schedule(PsField field, ProcessRecord record)
    {
        var stat = record.Stat;
        return field switch
        {
            PsField.Priority => Decimal(stat.Priority),
            PsField.PriorityUnix => Decimal(unchecked(60 + stat.Priority)),
            PsField.PriorityFoo => Decimal(unchecked(stat.Priority - 20)),
            PsField.PriorityBar => Decimal(unchecked(stat.Priority + 1)),
            PsField.PriorityBaz => Decimal(unchecked(stat.Priority + 100)),
            PsField.PriorityInverse => Decimal(unchecked(39 - stat.Priority)),
            PsField.PriorityApi => Decimal(unchecked(-1 - stat.Priority)),
            PsField.Nice => stat.Policy is NormalScheduling or BatchScheduling or UnknownScheduling ? Decimal(stat.Nice) : None,
            PsField.RealTimePriority => stat.Policy is NormalScheduling or UnknownScheduling ? None : Decimal(stat.RealTimePriority),
            PsField.Policy => stat.Policy == UnknownScheduling ? None : Decimal(stat.Policy),
            PsField.PolicyName => PolicyName(stat.Policy),
            PsField.OomScore => Decimal(record.OomScore),
            _ => Decimal(record.OomScoreAdjustment),
        };
    }

    private static string PolicyName(int policy) => policy switch
    {
        UnknownScheduling => None,
        0 => "TS",
        1 => "FF",
        2 => "RR",
        3 => "B",
        4 => "ISO",
        5 => "IDL",
        6 => "DLN",
        >= 7 and <= 9 => "#" + Decimal(policy),
        _ => "?",
    };

    private static string Standing(PsField field, PsProcess process, int room)
    {
        var record = process.Record;
        var stat = record.Stat;
        return field switch
        {
            PsField.WaitChannel => WaitChannel(record, room),
            PsField.Terminal => TerminalNames.Name(stat.Terminal),
            PsField.TerminalShort => TerminalNames.ShortName(stat.Terminal),
            PsField.StateLong => StateLong(record),
            PsField.State => ((char)record.State).ToString(),
            PsField.Flags => Convert.ToString((long)((stat.Flags >> 6) & 7), 8),
            PsField.Processor => Decimal(stat.Processor),
            PsField.ProcessorOfRunning => record.State == (byte)'R' ? Decimal((ulong)unchecked((uint)stat.Processor)) : "*",
            PsField.StackStart => Hexadecimal(stat.StartStack),
            PsField.StackPointer => Hexadecimal(stat.StackPointer),
            _ => Hexadecimal(stat.InstructionPointer),
        };
    }

    private static string Hexadecimal(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);

    private static string WaitChannel(ProcessRecord record, int room)
    {
        var name = ProcessText.WaitChannel(record);
        return name.Length > room ? name[..room] : name;
    }

    private static string StateLong(ProcessRecord record)
    {
        Span<char> text = stackalloc char[8];
        var length = 0;
        text[length++] = (char)record.State;
        if (record.Stat.Nice < 0) text[length++] = '<';
        if (record.Stat.Nice > 0) text[length++] = 'N';
        if (record.Status.VmLocked != 0) text[length++] = 'L';
        if (record.Stat.Session == record.Tgid) text[length++] = 's';
        if (record.Threads > 1) text[length++] = 'l';
        if (record.Stat.ProcessGroup == record.Stat.ForegroundGroup) text[length++] = '+';
        return new string(text[..length]);
    }

    private static ulong? Signals(PsField field, ProcessRecord record)
    {
        var status = record.Status;
        return field switch
        {
            PsField.SignalsPending => record.IsThread ? status.PendingForThread : status.PendingForProcess ?? status.PendingForThread,
            PsField.SignalsPendingThread => status.PendingForThread,
            PsField.SignalsBlocked => status.Blocked,
            PsField.SignalsIgnored => status.Ignored,
            _ => status.Caught,
        };
    }

    /// <summary>16 digits, or the last 8 with "&lt;" before them if that is not all.</summary>
    private static string Mask(ulong? signals, bool isWide)
    {
        if (signals is not { } mask) return "00000000";
        var digits = Hexadecimal(mask);
        return isWide ? digits : mask > uint.MaxValue ? "<" + digits[8..] : digits[8..];
    }

    private static string Number(PsField field, ProcessRecord record)
    {
        var stat = record.Stat;
        return field switch
        {
            PsField.ProcessId => Decimal(record.Tgid),
            PsField.ThreadId => Decimal(record.Pid),
            PsField.ParentId => Decimal((ulong)unchecked((uint)record.ParentPid)),
            PsField.ProcessGroup => Decimal((ulong)unchecked((uint)stat.ProcessGroup)),
            PsField.Session => Decimal(stat.Session),
            PsField.ForegroundGroup => Decimal(stat.ForegroundGroup),
            PsField.Threads => Decimal(record.Threads),
            _ => record.LoginUser == -1 ? None : Decimal(record.LoginUser),
        };
    }

    private static ulong Io(PsField field, in PidIo io) => field switch
    {
        PsField.ReadBytes => io.ReadBytes,
        PsField.ReadCharacters => io.ReadCharacters,
        PsField.ReadCalls => io.ReadCalls,
        PsField.WrittenBytes => io.WrittenBytes,
        PsField.CancelledBytes => io.CancelledBytes,
        PsField.WrittenCharacters => io.WrittenCharacters,
        _ => io.WriteCalls,
    };

    private static string SecurityLabel(PsProcess process)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Record.Tgid}/attr/current");
        if (process.System.Context.Tree.TryRead(path, out var content) != FileTree.Errno.None) return None;
        var text = content.Span;
        var end = text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7e);
        var label = System.Text.Encoding.ASCII.GetString(end < 0 ? text : text[..end]);
        return label.Length > 0 ? label : None;
    }
}
