// The OOM killer's reports, read back out of the kernel's log: who asked for memory, how the zones stood, whom there was to choose from,
// who was chosen. A report goes from its line "… invoked oom-killer: …" to "Out of memory: Killed process …", or to the next one.
//
// Units   as printed: zones and swap in kB, reserves and tasks in pages, page tables of tasks in bytes.

namespace VboxMem.Tools.OomReports;

/// <summary>A zone as the report shows it.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kilobytes">Its figures by name: free, min, low, high, managed, ….</param>
/// <param name="Reserve">Pages kept from a request, by the highest zone it may use.</param>
/// <param name="FreeBlocks">Free blocks by order; empty: not reported.</param>
public sealed record OomZone(
    int Node, string Name, IReadOnlyDictionary<string, long> Kilobytes, IReadOnlyList<long> Reserve, IReadOnlyList<long> FreeBlocks);

/// <summary>A process that the killer could choose. Pages, but for its page tables.</summary>
public sealed record OomCandidate(
    int Pid, int Uid, int Tgid, long TotalVirtual, long Rss, long Anon, long File, long Shmem, long PageTableBytes, long Swap, int Adjustment, string Name)
{
    private const int NeverChosen = -1000;

    /// <summary>Whether the report tells resident pages apart by kind: older kernels do not.</summary>
    public bool HasKinds => Rss == 0 || Anon + File + Shmem > 0;

    public long PageTables => PageTableBytes / OomReport.PageBytes;

    public bool IsProtected => Adjustment == NeverChosen;

    /// <summary>What its oom_score_adj is worth, with <paramref name="totalPages"/> of memory and swap.</summary>
    /// <remarks>mm/oom_kill.c:oom_badness.</remarks>
    public long AdjustmentPages(long totalPages) => Adjustment * (totalPages / 1000);

    public long Points(long totalPages) => Rss + Swap + PageTables + AdjustmentPages(totalPages);
}

/// <summary>One report. What the log has not, or not any more, is empty.</summary>
public sealed record OomReport
{
    public const int PageBytes = 4096;

    /// <summary>Of its first line, since boot.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>Who asked for memory, and what for: the mask's names as printed.</summary>
    public required string Asker { get; init; }

    public int AskerPid { get; init; }

    public required string GfpMask { get; init; }

    /// <summary>The request was for 2^order pages; -1: an operator asked for the kill.</summary>
    public required int Order { get; init; }

    public required int AskerAdjustment { get; init; }

    public string Constraint { get; init; } = "";

    /// <summary>The machine's figures in pages: active_anon, inactive_file, ….</summary>
    public required IReadOnlyDictionary<string, long> Pages { get; init; }

    public required IReadOnlyList<OomZone> Zones { get; init; }

    public required IReadOnlyList<OomCandidate> Candidates { get; init; }

    public long RamPages { get; init; }

    public long ReservedPages { get; init; }

    public long SwapTotalKilobytes { get; init; }

    public long SwapFreeKilobytes { get; init; }

    /// <summary>Whom it killed; 0: nobody.</summary>
    public int VictimPid { get; init; }

    public string VictimName { get; init; } = "";

    /// <summary>The line that says so, as printed.</summary>
    public string KilledLine { get; init; } = "";

    /// <summary>Memory that programs can have and swap; a thousandth of it is the unit of oom_score_adj.</summary>
    public long TotalPages => RamPages - ReservedPages + (SwapTotalKilobytes * 1024 / PageBytes);

    public OomCandidate? Victim => Candidates.FirstOrDefault(candidate => candidate.Pid == VictimPid);

    /// <summary>Most points first; who is protected comes last.</summary>
    public IReadOnlyList<OomCandidate> ByPoints() =>
        [.. Candidates.OrderBy(static candidate => candidate.IsProtected).ThenByDescending(candidate => candidate.Points(TotalPages)).ThenBy(static candidate => candidate.Pid)];
}
