// What the columns and keys of a request need: which values procps's library is asked for, and which files hold them.
//
// Models  procps-ng 4.0.2 and 4.0.4: stat and status are always read, for selecting and for the long state.

using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

internal static class PsNeeds
{
    /// <summary>The values that are there to sort by.</summary>
    internal static HashSet<PsItem> Items(PsRequest request)
    {
        HashSet<PsItem> items =
        [
            PsItem.Command, PsItem.EffectiveGroupId, PsItem.EffectiveUserId, PsItem.FileGroupId, PsItem.FileUserId, PsItem.ThreadId,
            PsItem.ParentId, PsItem.RealGroupId, PsItem.RealUserId, PsItem.Session, PsItem.SavedGroupId, PsItem.SavedUserId,
            PsItem.ProcessId, PsItem.State, PsItem.Terminal, PsItem.ProcessGroup, PsItem.ForegroundGroup, PsItem.Nice, PsItem.Threads,
            PsItem.VmLocked, PsItem.Blocked, PsItem.Caught, PsItem.Ignored, PsItem.Pending, PsItem.PendingForThread,
            PsItem.Ticks, PsItem.TicksAll, PsItem.Time, PsItem.Elapsed, PsItem.Began, PsItem.ResidentPages,
        ];
        foreach (var column in request.Columns)
        {
            if (column.Field is { } field) items.UnionWith(ItemsOf(field));
        }

        foreach (var key in request.SortKeys) items.UnionWith(ItemsOf(key.Field));
        return items;
    }

    /// <summary>The files of a process.</summary>
    internal static ProcessFiles Files(PsRequest request)
    {
        var files = ProcessFiles.Owner | ProcessFiles.Stat | ProcessFiles.Status;
        if (request.WithEnvironment) files |= ProcessFiles.Environment;
        if (request.Filter is { } filter) files |= filter.Files;
        foreach (var column in request.Columns)
        {
            if (column.Field is { } field) files |= FilesOf(field);
        }

        foreach (var key in request.SortKeys) files |= FilesOf(key.Field);
        return files;
    }

    private static ProcessFiles FilesOf(PsField field) => field switch
    {
        PsField.CommandLine or PsField.CommandName => ProcessFiles.CommandLine,
        PsField.ControlGroup or PsField.ControlGroupName => ProcessFiles.ControlGroup,
        PsField.Executable => ProcessFiles.Executable,
        PsField.OomScore or PsField.OomAdjustment => ProcessFiles.OomScore | ProcessFiles.OomScoreAdjustment,
        PsField.Pss or PsField.Uss => ProcessFiles.Rollup,
        PsField.WaitChannel => ProcessFiles.WaitChannel,
        PsField.LoginUser => ProcessFiles.LoginUser,
        PsField.AutoGroupId or PsField.AutoGroupNice => ProcessFiles.AutoGroup,
        >= PsField.ReadBytes and <= PsField.WriteCalls => ProcessFiles.Io,
        _ => ProcessFiles.None,
    };

    /// <summary>What the column of a field asks the library for, beyond what is always asked for.</summary>
    private static PsItem[] ItemsOf(PsField field) => field switch
    {
        PsField.CommandLine or PsField.CommandName => [PsItem.CommandLine],
        PsField.ControlGroup => [PsItem.ControlGroup],
        PsField.ControlGroupName => [PsItem.ControlGroupName],
        PsField.Executable => [PsItem.Executable],
        PsField.AutoGroupId => [PsItem.AutoGroupId],
        PsField.AutoGroupNice => [PsItem.AutoGroupNice],
        PsField.CpuWhole or PsField.Cpu or PsField.CpuPerMill => [PsItem.Utilization, PsItem.UtilizationAll],
        PsField.CpuExact => [PsItem.Utilization],
        PsField.CpuExactAll => [PsItem.UtilizationAll],
        PsField.Memory or PsField.Resident => [PsItem.VmRss],
        PsField.VirtualSize or PsField.VirtualPages => [PsItem.VmSize],
        PsField.VirtualBytes => [PsItem.VirtualBytes],
        PsField.Swappable => [PsItem.VmData, PsItem.VmStack, PsItem.VirtualBytes],
        PsField.TextSize or PsField.DataSize => [PsItem.VirtualBytes, PsItem.CodeEnd, PsItem.CodeStart],
        PsField.ResidentLimit => [PsItem.ResidentLimit],
        PsField.Pss => [PsItem.Pss],
        PsField.Uss => [PsItem.Uss],
        PsField.MinorFaults => [PsItem.MinorFaults, PsItem.MinorFaultsAll],
        PsField.MajorFaults => [PsItem.MajorFaults, PsItem.MajorFaultsAll],
        >= PsField.Priority and <= PsField.PriorityApi => [PsItem.Priority],
        PsField.Nice or PsField.Policy or PsField.PolicyName => [PsItem.Policy],
        PsField.RealTimePriority => [PsItem.Policy, PsItem.RealTimePriority],
        PsField.OomScore => [PsItem.OomScore],
        PsField.OomAdjustment => [PsItem.OomAdjustment],
        PsField.WaitChannel => [PsItem.WaitChannel],
        PsField.Terminal => [PsItem.TerminalName],
        PsField.TerminalShort => [PsItem.TerminalNumber],
        PsField.Flags => [PsItem.Flags],
        PsField.Processor or PsField.ProcessorOfRunning => [PsItem.Processor],
        PsField.StackStart => [PsItem.StackStart],
        PsField.StackPointer => [PsItem.StackPointer],
        PsField.InstructionPointer => [PsItem.InstructionPointer],
        PsField.LoginUser => [PsItem.LoginUser],
        PsField.GroupIds => [PsItem.GroupIds],
        PsField.Groups => [PsItem.Groups],
        PsField.EffectiveUser => [PsItem.EffectiveUser],
        PsField.RealUser => [PsItem.RealUser],
        PsField.SavedUser => [PsItem.SavedUser],
        PsField.FileUser => [PsItem.FileUser],
        PsField.EffectiveGroup => [PsItem.EffectiveGroup],
        PsField.RealGroup => [PsItem.RealGroup],
        PsField.SavedGroup => [PsItem.SavedGroup],
        PsField.FileGroup => [PsItem.FileGroup],
        PsField.ReadBytes => [PsItem.ReadBytes],
        PsField.ReadCharacters => [PsItem.ReadCharacters],
        PsField.ReadCalls => [PsItem.ReadCalls],
        PsField.WrittenBytes => [PsItem.WrittenBytes],
        PsField.CancelledBytes => [PsItem.CancelledBytes],
        PsField.WrittenCharacters => [PsItem.WrittenCharacters],
        PsField.WriteCalls => [PsItem.WriteCalls],
        _ => [],
    };
}
