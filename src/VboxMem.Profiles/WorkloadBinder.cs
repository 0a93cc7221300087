// From checked settings to the description of the workload.

using VboxMem.Kernel.Time;
using VboxMem.Profiles.Layers;
using VboxMem.Profiles.Rules;
using VboxMem.Workloads;

namespace VboxMem.Profiles;

internal static class WorkloadBinder
{
    public static WorkloadConfiguration Bind(LayerStack settings) => new(
        [.. Enumerable.Range(0, settings.Count(WorkloadKeys.Groups)).Select(index => Group(settings, index))],
        [.. Enumerable.Range(0, settings.Count(TimelineKeys.Timeline)).Select(index => Event(settings, index))],
        settings.Get(WorkloadKeys.FirstProgram))
    {
        Users = [.. Enumerable.Range(0, settings.Count(WorkloadKeys.Users)).Select(index => new UserConfiguration(
            settings.Get(WorkloadKeys.UserName, index),
            (uint)settings.Get(WorkloadKeys.UserUid, index),
            (uint)settings.Get(WorkloadKeys.UserGid, index)))],
    };

    private static GroupConfiguration Group(LayerStack settings, int group) => new(
        settings.Get(WorkloadKeys.Name, group),
        settings.Get(WorkloadKeys.Program, group),
        (int)settings.Get(WorkloadKeys.Processes, group),
        settings.Get(WorkloadKeys.User, group).Uid,
        settings.Get(WorkloadKeys.Nice, group),
        (short)settings.Get(WorkloadKeys.OomScoreAdj, group),
        settings.Get(WorkloadKeys.StartsAt, group),
        new ProgramParameters(
            SizeBytes: settings.Get(WorkloadKeys.Size, group),
            PartBytes: settings.Get(WorkloadKeys.Part, group),
            ChunkBytes: settings.Get(WorkloadKeys.Chunk, group),
            BytesPerSecond: settings.Get(WorkloadKeys.Rate, group),
            Passes: settings.Get(WorkloadKeys.Passes, group),
            Pause: settings.Get(WorkloadKeys.Pause, group) ?? SimTime.Zero,
            Hold: settings.Get(WorkloadKeys.Hold, group),
            Path: settings.Get(WorkloadKeys.FilePath, group),
            Count: settings.Get(WorkloadKeys.Number, group),
            IsWrite: settings.Get(WorkloadKeys.Writes, group) == 1,
            IsShared: settings.Get(WorkloadKeys.Shared, group) == 1,
            IsSynced: settings.Get(WorkloadKeys.Synced, group) == 1,
            IsZero: settings.Get(WorkloadKeys.Zeros, group) == 1,
            IsBuiltFirst: settings.Get(WorkloadKeys.Built, group) == 1,
            RequestsPerSecond: settings.Get(WorkloadKeys.Requests, group),
            Workers: (int)settings.Get(WorkloadKeys.Workers, group),
            Connections: (int)settings.Get(WorkloadKeys.Connections, group),
            WorkingSetBytes: settings.Get(WorkloadKeys.WorkingSet, group),
            JitterPercent: (uint)settings.Get(WorkloadKeys.Jitter, group),
            Every: settings.Get(WorkloadKeys.Every, group) is { } every && every != SimTime.Zero ? every : null,
            IsDroppedBehind: settings.Get(WorkloadKeys.DropsBehind, group) == 1) { Replica = ReplicaOf(settings, group) },
        settings.Get(WorkloadKeys.After, group),
        GidOf(settings.Get(WorkloadKeys.User, group), (uint)settings.Get(WorkloadKeys.Gid, group)),
        RestartingOf(settings, group),
        settings.Get(WorkloadKeys.Parent, group));

    private static ReplicaParameters ReplicaOf(LayerStack settings, int group) => new()
    {
        Comm = settings.Get(WorkloadKeys.Comm, group),
        Arguments = string.Concat(Enumerable.Range(0, settings.Count(WorkloadKeys.Arguments, group))
            .Select(index => settings.Get(WorkloadKeys.Argument, group, index) + '\n')),
        InheritedBytes = settings.Get(WorkloadKeys.Inherited, group),
        FileBytes = settings.Get(WorkloadKeys.Files, group),
        SharedFileBytes = settings.Get(WorkloadKeys.SharedFiles, group),
        ShmemBytes = settings.Get(WorkloadKeys.Shmem, group),
        SharedShmemBytes = settings.Get(WorkloadKeys.SharedShmem, group),
        SwappedBytes = settings.Get(WorkloadKeys.Swapped, group),
        CachedBytes = settings.Get(WorkloadKeys.Cached, group),
        BuffersBytes = settings.Get(WorkloadKeys.Buffers, group),
        DirtyBytes = settings.Get(WorkloadKeys.Dirty, group),
        ReclaimableBytes = settings.Get(WorkloadKeys.Reclaimable, group),
        UnreclaimableBytes = settings.Get(WorkloadKeys.Unreclaimable, group),
    };

    /// <summary>Null where it is the number of the user.</summary>
    private static uint? GidOf(UserNumber user, uint gid) =>
        gid != uint.MaxValue ? gid : user.Gid == user.Uid ? null : user.Gid;

    /// <summary>Null for a group that is never started again.</summary>
    private static Restarting? RestartingOf(LayerStack settings, int group) => settings.Get(WorkloadKeys.Restart, group) == RestartPolicy.No
        ? null
        : new Restarting(
            settings.Get(WorkloadKeys.Restart, group),
            settings.Get(WorkloadKeys.RestartAfter, group) ?? SimTime.Zero,
            settings.Get(WorkloadKeys.RestartMaxDelay, group) ?? SimTime.Zero,
            (int)settings.Get(WorkloadKeys.RestartSteps, group),
            (int)settings.Get(WorkloadKeys.StartBurst, group),
            settings.Get(WorkloadKeys.StartInterval, group) ?? SimTime.Zero);

    private static TimelineEvent Event(LayerStack settings, int index) => new(
        settings.Get(TimelineKeys.At, index) ?? SimTime.Zero,
        settings.Get(TimelineKeys.Action, index),
        settings.Get(TimelineKeys.Target, index),
        settings.Get(TimelineKeys.Text, index),
        settings.Get(TimelineKeys.Signal, index),
        settings.Get(TimelineKeys.EventAfter, index),
        settings.Get(TimelineKeys.When, index));
}
