// From checked settings to the description of the workload.

using VboxMem.Kernel.Time;
using VboxMem.Profiles.Layers;
using VboxMem.Workloads;

namespace VboxMem.Profiles;

internal static class WorkloadBinder
{
    public static WorkloadConfiguration Bind(LayerStack settings) => new(
        [.. Enumerable.Range(0, settings.Count(WorkloadKeys.Groups)).Select(index => Group(settings, index))],
        [.. Enumerable.Range(0, settings.Count(WorkloadKeys.Timeline)).Select(index => Event(settings, index))]);

    private static GroupConfiguration Group(LayerStack settings, int group) => new(
        settings.Get(WorkloadKeys.Name, group),
        settings.Get(WorkloadKeys.Program, group),
        (int)settings.Get(WorkloadKeys.Processes, group),
        (uint)settings.Get(WorkloadKeys.Uid, group),
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
            IsBuiltFirst: settings.Get(WorkloadKeys.Built, group) == 1),
        settings.Get(WorkloadKeys.After, group));

    private static TimelineEvent Event(LayerStack settings, int index) => new(
        settings.Get(WorkloadKeys.At, index) ?? SimTime.Zero,
        settings.Get(WorkloadKeys.Action, index),
        settings.Get(WorkloadKeys.Target, index),
        settings.Get(WorkloadKeys.Text, index),
        settings.Get(WorkloadKeys.Signal, index),
        settings.Get(WorkloadKeys.EventAfter, index));
}
