// Which keys of a group each program reads. A key given for a program that does not read it would have no effect and no trace.
//
// Invariant
//   G1  Every program of the catalog has an entry. What it lists is what the program reads of ProgramParameters.

using VboxMem.Workloads;

namespace VboxMem.Profiles;

internal static class ProgramKeys
{
    private static readonly Dictionary<string, IReadOnlyList<ScalarKey>> ByProgram = new(StringComparer.Ordinal)
    {
        ["touch"] = [WorkloadKeys.Size, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Passes, WorkloadKeys.Pause, WorkloadKeys.Hold, WorkloadKeys.Zeros, WorkloadKeys.Built],
        ["reserve"] = [WorkloadKeys.Size, WorkloadKeys.Chunk, WorkloadKeys.Hold],
        ["leak"] = [WorkloadKeys.Size, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Hold],
        ["read"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Passes, WorkloadKeys.Pause, WorkloadKeys.Hold],
        ["write"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Passes, WorkloadKeys.Pause, WorkloadKeys.Hold, WorkloadKeys.Synced],
        ["map"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Passes, WorkloadKeys.Hold, WorkloadKeys.Writes, WorkloadKeys.Shared],
        ["lock"] = [WorkloadKeys.Size, WorkloadKeys.Hold],
        ["fork"] = [WorkloadKeys.Size, WorkloadKeys.Part, WorkloadKeys.Number, WorkloadKeys.Hold],
        ["files"] = [WorkloadKeys.FilePath, WorkloadKeys.Number, WorkloadKeys.Passes, WorkloadKeys.Pause, WorkloadKeys.Hold, WorkloadKeys.Writes, WorkloadKeys.Synced],
        ["threads"] = [WorkloadKeys.Size, WorkloadKeys.Number, WorkloadKeys.Chunk, WorkloadKeys.Passes, WorkloadKeys.Pause, WorkloadKeys.Hold],
        ["sleep"] = [WorkloadKeys.Hold],
        ["process"] =
        [
            WorkloadKeys.Parent, WorkloadKeys.FilePath, WorkloadKeys.Comm, WorkloadKeys.Number, WorkloadKeys.Size, WorkloadKeys.Inherited,
            WorkloadKeys.Files, WorkloadKeys.SharedFiles, WorkloadKeys.Shmem, WorkloadKeys.SharedShmem, WorkloadKeys.Swapped,
        ],
        ["totals"] =
        [
            WorkloadKeys.Cached, WorkloadKeys.Buffers, WorkloadKeys.Shmem, WorkloadKeys.Dirty, WorkloadKeys.Reclaimable,
            WorkloadKeys.Unreclaimable, WorkloadKeys.Swapped,
        ],
        ["sync"] = [],
        ["nginx"] = [WorkloadKeys.Size, WorkloadKeys.Workers, WorkloadKeys.Connections, WorkloadKeys.Requests, WorkloadKeys.Jitter],
        ["leaky"] = [WorkloadKeys.Size, WorkloadKeys.WorkingSet, WorkloadKeys.Rate, WorkloadKeys.Connections, WorkloadKeys.Requests, WorkloadKeys.Jitter],
        ["logwriter"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.Number, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Jitter, WorkloadKeys.Synced, WorkloadKeys.Every],
        ["backup"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Passes, WorkloadKeys.Pause, WorkloadKeys.Writes, WorkloadKeys.DropsBehind],
        ["postgres"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.WorkingSet, WorkloadKeys.Workers, WorkloadKeys.Requests, WorkloadKeys.Every],
        ["redis"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.WorkingSet, WorkloadKeys.Chunk, WorkloadKeys.Connections, WorkloadKeys.Requests, WorkloadKeys.Every],
        ["jvm"] = [WorkloadKeys.Size, WorkloadKeys.WorkingSet, WorkloadKeys.Part, WorkloadKeys.Chunk, WorkloadKeys.Rate, WorkloadKeys.Jitter],
        ["sshd"] = [WorkloadKeys.Connections, WorkloadKeys.Every, WorkloadKeys.Hold, WorkloadKeys.Pause],
        ["cron"] = [WorkloadKeys.Size, WorkloadKeys.Every, WorkloadKeys.Hold],
        ["journald"] = [WorkloadKeys.FilePath, WorkloadKeys.Size, WorkloadKeys.Every],
    };

    /// <summary>Keys that some program reads; the others of a group are a matter of the group, whatever its program.</summary>
    public static IReadOnlyList<ScalarKey> OfAnyProgram { get; } = [.. ByProgram.Values.SelectMany(keys => keys).Distinct()];

    /// <summary>The keys that a program reads.</summary>
    /// <param name="program">One of <see cref="ProgramCatalog.Names"/>.</param>
    public static IReadOnlyList<ScalarKey> ReadBy(string program) => ByProgram[program];

    /// <summary>What a key is called within its group.</summary>
    public static string NameOf(ProfileKey key) => key.Path[(key.Path.LastIndexOf(':') + 1)..];
}
