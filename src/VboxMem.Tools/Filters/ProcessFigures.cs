using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Filters;

/// <summary>
/// The figures of one reading of a process. What its files do not say by themselves (shares, rates, age) comes with it where it is known,
/// and where the filter names it.
/// </summary>
/// <param name="record">The reading, with the files that <see cref="ProcessFilter.Files"/> asks for.</param>
/// <param name="accounts">Names of users and groups.</param>
/// <param name="isUtf8">Whether names may be of other letters than ASCII's.</param>
public sealed class ProcessFigures(ProcessRecord record, Accounts accounts, bool isUtf8) : IProcessFigures
{
    private const decimal TicksPerSecond = 100;
    private const decimal BytesPerPage = 4096;
    private const decimal Kilobyte = 1024;

    /// <summary>Part of one CPU: 1 is all of it.</summary>
    public decimal? CpuShare { get; init; }

    /// <summary>The machine's memory, of which <c>mem</c> is a part.</summary>
    public ulong? MemoryTotalKilobytes { get; init; }

    /// <summary>The moment of the reading, 1/100 s since boot.</summary>
    public ulong? UptimeTicks { get; init; }

    public decimal? FaultsPerSecond { get; init; }

    public decimal? MajorFaultsPerSecond { get; init; }

    public bool TryGetText(FilterField field, out string text)
    {
        text = field switch
        {
            FilterField.Name => ProcessText.Name(record, isUtf8),
            FilterField.CommandLine => ProcessText.CommandLine(record, isUtf8),
            FilterField.User => accounts.UserName(record.EffectiveUser),
            FilterField.Group => accounts.GroupName(record.EffectiveGroup),
            FilterField.State => ((char)record.State).ToString(),
            FilterField.Terminal => TerminalNames.Name(record.Stat.Terminal),
            FilterField.WaitChannel => record.Has(ProcessFiles.WaitChannel) ? ProcessText.WaitChannel(record) : "",
            _ => "",
        };
        return text.Length > 0;
    }

    public bool TryGetNumber(FilterField field, out decimal number)
    {
        var known = field < FilterField.Resident ? Identity(field)
            : field <= FilterField.Memory ? Memory(field)
            : Rest(field);
        number = known ?? 0;
        return known is not null;
    }

    private decimal? Identity(FilterField field) => field switch
    {
        FilterField.Pid => record.Tgid,
        FilterField.ParentPid => record.ParentPid,
        FilterField.UserId => record.EffectiveUser,
        FilterField.GroupId => record.EffectiveGroup,
        _ => null,
    };

    private decimal? Memory(FilterField field) => field switch
    {
        FilterField.Resident => Resident,
        FilterField.Virtual => record.Has(ProcessFiles.Stat) ? record.Stat.VirtualBytes : null,
        FilterField.Shared => record.Has(ProcessFiles.Statm) ? record.Statm.Shared * BytesPerPage : null,
        FilterField.Memory => MemoryTotalKilobytes is > 0 and { } total ? Resident / (total * Kilobyte) : null,
        FilterField.Swapped => record.Has(ProcessFiles.Status) ? record.Status.VmSwap * Kilobyte : null,
        FilterField.Proportional => OfRollup(record.Rollup.Pss),
        FilterField.Unique => OfRollup(record.Rollup.Uss),
        FilterField.Anonymous => OfKind(record.Status.RssAnon),
        FilterField.File => OfKind(record.Status.RssFile),
        FilterField.Shmem => OfKind(record.Status.RssShmem),
        _ => null,
    };

    private decimal? Rest(FilterField field) => field switch
    {
        FilterField.OomScore => record.Has(ProcessFiles.OomScore) ? record.OomScore : null,
        FilterField.OomScoreAdjustment => record.Has(ProcessFiles.OomScoreAdjustment) ? record.OomScoreAdjustment : null,
        FilterField.Threads => record.Threads,
        FilterField.Cpu => CpuShare,
        FilterField.FaultsPerSecond => FaultsPerSecond,
        FilterField.MajorFaultsPerSecond => MajorFaultsPerSecond,
        _ when !record.Has(ProcessFiles.Stat) => null,
        FilterField.Nice => record.Stat.Nice,
        FilterField.Time => record.Stat.OwnTicks / TicksPerSecond,
        FilterField.Start => record.Stat.StartTicks / TicksPerSecond,
        FilterField.Elapsed => UptimeTicks is { } now ? (now - (decimal)record.Stat.StartTicks) / TicksPerSecond : null,
        FilterField.MinorFaults => record.Stat.MinorFaults,
        FilterField.MajorFaults => record.Stat.MajorFaults,
        _ => null,
    };

    private decimal? Resident => record.Has(ProcessFiles.Status) ? record.Status.VmRss * Kilobyte
        : record.Has(ProcessFiles.Stat) ? record.Stat.ResidentPages * BytesPerPage
        : null;

    /// <summary>A kernel thread, a zombie: status is there, and tells of no memory.</summary>
    private bool HasNoMemory => record.Has(ProcessFiles.Status) && !record.Status.HasMemory;

    private decimal? OfKind(ulong kilobytes) => HasNoMemory ? 0 : record.Status.HasResidentKinds ? kilobytes * Kilobyte : null;

    private decimal? OfRollup(ulong kilobytes) => record.Has(ProcessFiles.Rollup) ? kilobytes * Kilobyte : HasNoMemory ? 0 : null;
}
