namespace VboxMem.Profiles.Import;

/// <summary>A process of the machine. Sizes in pages of 4 KiB.</summary>
internal sealed record ImportedProcess(int Pid, int ParentPid, string Comm)
{
    /// <summary>Of its arguments as <see cref="Workloads.ArgumentText"/> writes them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Its executable; empty: not known.</summary>
    public string Executable { get; init; } = "";

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public int Nice { get; init; }

    public int OomScoreAdj { get; init; }

    public int Threads { get; init; } = 1;

    public ulong AnonPages { get; init; }

    public ulong FilePages { get; init; }

    public ulong ShmemPages { get; init; }

    public ulong SwapPages { get; init; }

    /// <summary>Its part of the file pages it maps, each divided by those that map it; null: not known.</summary>
    public ulong? FileShareKilobytes { get; init; }

    public ulong? ShmemShareKilobytes { get; init; }

    /// <summary>Of its anonymous pages, those that others map too; null: not known.</summary>
    public ulong? InheritedPages { get; init; }

    /// <summary>Of its file pages and shared memory, what it has in common with other programs; null: not known.</summary>
    public ulong? SharedFilePages { get; init; }

    public ulong? SharedShmemPages { get; init; }

    /// <summary>By what two processes are taken to run the same program.</summary>
    public string Program => Executable.Length > 0 ? Executable : Comm;
}

/// <summary>All processes of a tree, and what goes for all of them.</summary>
/// <param name="List">In order of pid; kernel threads and zombies are left out.</param>
/// <param name="Targets">Totals, in kB, that a box was told to reach, by their names; null: it is no such box.</param>
internal sealed record ImportedProcesses(IReadOnlyList<ImportedProcess> List, SortedDictionary<string, ulong>? Targets);
