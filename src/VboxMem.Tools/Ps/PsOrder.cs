// The order of ps: one stable sort after the other, the key that counts most last.
//
// Models  procps-ng 4.0.2 and 4.0.4: numbers as numbers, texts bytewise in the locales we know.

using System.Text;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

internal static class PsOrder
{
    /// <summary>Sorts by the keys of a request, of which those without values leave the order as it is.</summary>
    internal static void Sort(List<PsProcess> processes, IReadOnlyList<PsSortKey> keys, HashSet<PsItem> items)
    {
        foreach (var key in keys)
        {
            if (key.Direction != 0 && items.Contains(key.Item)) Sort(processes, key.Item, key.Direction);
        }
    }

    internal static void Sort(List<PsProcess> processes, PsItem item, int direction)
    {
        var ordered = direction > 0
            ? processes.Order(Comparer<PsProcess>.Create((left, right) => Compare(item, left, right)))
            : processes.Order(Comparer<PsProcess>.Create((left, right) => -Compare(item, left, right)));
        processes.Replace([.. ordered]);
    }

    private static void Replace(this List<PsProcess> processes, PsProcess[] ordered)
    {
        processes.Clear();
        processes.AddRange(ordered);
    }

    private static int Compare(PsItem item, PsProcess left, PsProcess right)
    {
        if (Text(item, left) is { } text) return Bytewise(text, Text(item, right)!);
        return item is PsItem.Time or PsItem.Elapsed or PsItem.Utilization or PsItem.UtilizationAll
            ? Real(item, left).CompareTo(Real(item, right))
            : Number(item, left).CompareTo(Number(item, right));
    }

    private static int Bytewise(string left, string right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));

    private static double Real(PsItem item, PsProcess process) => item switch
    {
        PsItem.Time => process.Time,
        PsItem.Elapsed => process.Elapsed,
        PsItem.Utilization => process.Utilization(withDeadChildren: false),
        _ => process.Utilization(withDeadChildren: true),
    };

    private static string? Text(PsItem item, PsProcess process)
    {
        var (record, accounts) = (process.Record, process.System.Accounts);
        return item switch
        {
            PsItem.ControlGroupName => ProcessText.ControlGroupName(record, process.System.IsUtf8),
            PsItem.ControlGroup => ProcessText.ControlGroups(record, process.System.IsUtf8),
            PsItem.Command => process.Name,
            PsItem.CommandLine => process.CommandLine,
            PsItem.Executable => record.Executable.Length == 0 ? "-" : record.Executable,
            PsItem.EffectiveGroup => accounts.GroupName(record.EffectiveGroup),
            PsItem.RealGroup => accounts.GroupName(record.Status.RealGroup),
            PsItem.SavedGroup => accounts.GroupName(record.Status.SavedGroup),
            PsItem.FileGroup => accounts.GroupName(record.Status.FileSystemGroup),
            PsItem.EffectiveUser => accounts.UserName(record.EffectiveUser),
            PsItem.RealUser => accounts.UserName(record.Status.RealUser),
            PsItem.SavedUser => accounts.UserName(record.Status.SavedUser),
            PsItem.FileUser => accounts.UserName(record.Status.FileSystemUser),
            PsItem.GroupIds => PsOwners.GroupIds(record),
            PsItem.Groups => PsOwners.Groups(process),
            PsItem.TerminalName => TerminalNames.Name(record.Stat.Terminal),
            PsItem.WaitChannel => ProcessText.WaitChannel(record),
            PsItem.Blocked => Mask(record.Status.Blocked),
            PsItem.Caught => Mask(record.Status.Caught),
            PsItem.Ignored => Mask(record.Status.Ignored),
            PsItem.Pending => Mask(record.IsThread ? record.Status.PendingForThread : record.Status.PendingForProcess ?? record.Status.PendingForThread),
            PsItem.PendingForThread => Mask(record.Status.PendingForThread),
            _ => null,
        };
    }

    private static string Mask(ulong? mask) => mask?.ToString("x16", System.Globalization.CultureInfo.InvariantCulture) ?? "";

    private static Int128 Number(PsItem item, PsProcess process)
    {
        var record = process.Record;
        var (stat, status) = (record.Stat, record.Status);
        return item switch
        {
            PsItem.AutoGroupId => record.AutoGroup,
            PsItem.AutoGroupNice => record.AutoGroupNice,
            PsItem.EffectiveGroupId => record.EffectiveGroup,
            PsItem.EffectiveUserId => record.EffectiveUser,
            PsItem.FileGroupId => status.FileSystemGroup,
            PsItem.FileUserId => status.FileSystemUser,
            PsItem.RealGroupId => status.RealGroup,
            PsItem.RealUserId => status.RealUser,
            PsItem.SavedGroupId => status.SavedGroup,
            PsItem.SavedUserId => status.SavedUser,
            PsItem.LoginUser => record.LoginUser,
            PsItem.ThreadId => record.Pid,
            PsItem.ProcessId => record.Tgid,
            PsItem.ParentId => record.ParentPid,
            PsItem.Threads => record.Threads,
            PsItem.State => record.State,
            PsItem.OomAdjustment => record.OomScoreAdjustment,
            PsItem.OomScore => record.OomScore,
            PsItem.Pss => record.Rollup.Pss,
            PsItem.Uss => record.Rollup.Uss,
            PsItem.VmLocked => status.VmLocked,
            PsItem.VmRss => status.VmRss,
            PsItem.VmSize => status.VmSize,
            PsItem.VmData => status.VmData,
            PsItem.VmStack => status.VmStack,
            _ => NumberOfStat(item, stat, record.Io),
        };
    }

    private static Int128 NumberOfStat(PsItem item, in PidStat stat, in PidIo io) => item switch
    {
        PsItem.CodeEnd => stat.EndCode,
        PsItem.CodeStart => stat.StartCode,
        PsItem.InstructionPointer => stat.InstructionPointer,
        PsItem.StackPointer => stat.StackPointer,
        PsItem.StackStart => stat.StartStack,
        PsItem.Flags => stat.Flags,
        PsItem.MajorFaults => stat.MajorFaults,
        PsItem.MinorFaults => stat.MinorFaults,
        PsItem.ProcessGroup => stat.ProcessGroup,
        PsItem.Session => stat.Session,
        PsItem.ForegroundGroup => stat.ForegroundGroup,
        PsItem.Nice => stat.Nice,
        PsItem.Priority => stat.Priority,
        PsItem.RealTimePriority => stat.RealTimePriority,
        PsItem.Processor => stat.Processor,
        PsItem.ResidentLimit => stat.ResidentLimit,
        PsItem.Policy => stat.Policy,
        PsItem.Ticks => stat.OwnTicks,
        PsItem.Began => stat.StartTicks,
        PsItem.VirtualBytes => stat.VirtualBytes,
        PsItem.ReadBytes => io.ReadBytes,
        PsItem.ReadCharacters => io.ReadCharacters,
        PsItem.ReadCalls => io.ReadCalls,
        PsItem.WrittenBytes => io.WrittenBytes,
        PsItem.CancelledBytes => io.CancelledBytes,
        PsItem.WrittenCharacters => io.WrittenCharacters,
        PsItem.WriteCalls => io.WriteCalls,
        _ => 0,
    };
}
