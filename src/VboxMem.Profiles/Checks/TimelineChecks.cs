// Checks of the timeline: each event has one moment, names what exists, and has what its action needs.

using System.Globalization;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Profiles.Layers;
using VboxMem.Workloads;

namespace VboxMem.Profiles.Checks;

internal sealed class TimelineChecks(LayerStack settings, CheckErrors errors, HashSet<string> groups)
{
    private const string DevicePrefix = "/dev/";

    public void Run()
    {
        for (var index = 0; index < settings.Count(TimelineKeys.Timeline); index++)
        {
            CheckMoment(index);
            if (!errors.Require(TimelineKeys.Action, index)) continue;
            CheckTarget(settings.Get(TimelineKeys.Action, index), index);
            CheckText(settings.Get(TimelineKeys.Action, index), index);
        }
    }

    private static bool NeedsTarget(TimelineAction action) => action is not (TimelineAction.Say or TimelineAction.DropCaches);

    private void CheckMoment(int index)
    {
        if (settings.TryGet(TimelineKeys.EventAfter, out var after, index) && after.Length > 0 && !groups.Contains(after))
        {
            errors.Add(LayerStack.PathOf(TimelineKeys.EventAfter, index), WorkloadChecks.NoSuchGroup(groups));
        }

        if (!settings.TryGet(TimelineKeys.When, out var when, index)) return;
        if (when.Length == 0)
        {
            if (!settings.IsGiven(TimelineKeys.At, index) && !settings.IsBroken(LayerStack.PathOf(TimelineKeys.At, index)))
                errors.AddMissing(TimelineKeys.At, $"missing, allowed {TimelineKeys.At.Allowed}", index);
            return;
        }

        if (settings.TryGet(TimelineKeys.At, out var at, index) && at > SimTime.Zero)
            errors.Add(LayerStack.PathOf(TimelineKeys.At, index), "the event has a when, allowed is one of at and when");
        if (after is { Length: > 0 })
            errors.Add(LayerStack.PathOf(TimelineKeys.EventAfter, index), "the event has a when, allowed is one of after and when");
    }

    private void CheckTarget(TimelineAction action, int index)
    {
        if (!settings.TryGet(TimelineKeys.Target, out var target, index)) return;
        var place = LayerStack.PathOf(TimelineKeys.Target, index);
        if (target.Length == 0)
        {
            if (NeedsTarget(action)) errors.AddMissing(TimelineKeys.Target, $"missing, allowed {Wanted(action)}", index);
            return;
        }

        if (!NeedsTarget(action)) errors.Add(place, "the action has no target, allowed is nothing");
        else if (action == TimelineAction.Write)
        {
            if (!target.StartsWith('/')) errors.Add(place, "not a path of the tree, allowed is such as /proc/sys/vm/swappiness");
        }
        else if (action is TimelineAction.SwapOn or TimelineAction.SwapOff) CheckDisk(target, place);
        else if (!groups.Contains(target)) errors.Add(place, WorkloadChecks.NoSuchGroup(groups));
    }

    private static string Wanted(TimelineAction action) => action switch
    {
        TimelineAction.Write => "a path such as /proc/sys/vm/swappiness",
        TimelineAction.SwapOn or TimelineAction.SwapOff => "a disk such as /dev/vdb",
        _ => "a group's name",
    };

    private void CheckDisk(string target, string place)
    {
        var disks = settings.Count(DeviceKeys.Disks);
        var disk = target.StartsWith(DevicePrefix, StringComparison.Ordinal) ? DeviceKeys.IndexOfDisk(target[DevicePrefix.Length..]) : -1;
        if (disk >= 0 && disk < disks) return;
        errors.Add(place, disks == 0
            ? "no such disk, allowed none: machine:disks is empty"
            : $"no such disk, allowed {DevicePrefix}vda..{DevicePrefix}{DeviceKeys.DiskName(disks - 1)}");
    }

    private void CheckText(TimelineAction action, int index)
    {
        if (action == TimelineAction.Signal && settings.TryGet(TimelineKeys.Signal, out var signal, index) && signal == Signal.None)
        {
            errors.AddMissing(TimelineKeys.Signal, $"missing, allowed {TimelineKeys.SignalNames}", index);
        }

        if (!settings.TryGet(TimelineKeys.Text, out var text, index)) return;
        var place = LayerStack.PathOf(TimelineKeys.Text, index);
        if (action == TimelineAction.Say && text.Length == 0) errors.AddMissing(TimelineKeys.Text, "missing, allowed is what to say", index);
        if (action == TimelineAction.DropCaches && text is not ("" or "1" or "2" or "3")) errors.Add(place, "not what drop_caches takes, allowed 1, 2, 3");
        if (action == TimelineAction.SwapOn && text.Length > 0 && !(short.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var priority) && priority >= 0))
            errors.Add(place, "not a priority, allowed 0..32767");
    }
}
