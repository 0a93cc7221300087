// From checked settings to the machine's description. Nothing can fail here: what could was checked before.

using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Profiles.Layers;

namespace VboxMem.Profiles;

internal static class ProfileBinder
{
    public static MachineConfiguration Bind(LayerStack settings)
    {
        var machine = new MachineConfiguration { RamBytes = 0, Cpus = 0 };
        foreach (var key in ProfileKeys.All.OfType<ScalarKey>())
        {
            if (!key.Path.Contains('#') && settings.Text(key) is { } text) machine = key.Apply(machine, text);
        }

        return machine with
        {
            Nodes = [.. Enumerable.Range(0, settings.Count(ProfileKeys.Nodes)).Select(index => Node(settings, index))],
            Zones = [.. Enumerable.Range(0, settings.Count(ProfileKeys.Zones)).Select(index => Zone(settings, index))],
            Disks = [.. Enumerable.Range(0, settings.Count(DeviceKeys.Disks)).Select(index => Disk(settings, index))],
            Swaps = [.. Enumerable.Range(0, settings.Count(DeviceKeys.Swaps)).Select(index => Swap(settings, index))],
            Mounts = [.. Enumerable.Range(0, settings.Count(DeviceKeys.Mounts)).Select(index => Mount(settings, index))],
            VmSettings = [.. settings.VmOrder.Select(path => VmSetting(settings, path))],
        };
    }

    private static DiskConfiguration Disk(LayerStack settings, int disk)
    {
        const ulong NanosecondsPerMicrosecond = 1000;
        return new DiskConfiguration(
            DeviceKeys.DiskName(disk),
            settings.Get(DeviceKeys.DiskSize, disk),
            settings.Get(DeviceKeys.DiskRead, disk),
            settings.Get(DeviceKeys.DiskWrite, disk),
            settings.Get(DeviceKeys.DiskLatency, disk) * NanosecondsPerMicrosecond,
            settings.Get(DeviceKeys.DiskSeek, disk) * NanosecondsPerMicrosecond,
            settings.Get(DeviceKeys.DiskRotational, disk) == 1);
    }

    private static SwapConfiguration Swap(LayerStack settings, int swap) => new(
        DeviceKeys.IndexOfDisk(settings.Get(DeviceKeys.SwapDisk, swap)), settings.Get(DeviceKeys.SwapPriority, swap));

    private static MountConfiguration Mount(LayerStack settings, int mount) => new(
        settings.Get(DeviceKeys.MountPath, mount), DeviceKeys.IndexOfDisk(settings.Get(DeviceKeys.MountDisk, mount)));

    private static NodeConfiguration Node(LayerStack settings, int node) => new()
    {
        RamBytes = settings.Get(ProfileKeys.NodeRam, node),
        Cpus = (int)settings.Get(ProfileKeys.NodeCpus, node),
        Distances = [.. Enumerable.Range(0, settings.Count(ProfileKeys.Distances, node))
            .Select(other => (int)settings.Get(ProfileKeys.Distance, node, other))],
    };

    private static ZoneConfiguration Zone(LayerStack settings, int zone) => new()
    {
        Node = (int)settings.Get(ProfileKeys.ZoneNode, zone),
        Zone = settings.Get(ProfileKeys.Zone, zone),
        StartPfn = (uint)settings.Get(ProfileKeys.StartPfn, zone),
        SpannedPages = (uint)settings.Get(ProfileKeys.Spanned, zone),
        PresentPages = (uint)settings.Get(ProfileKeys.Present, zone),
        ManagedPages = (uint)settings.Get(ProfileKeys.Managed, zone),
        LateFreedPages = (uint)settings.Get(ProfileKeys.LateFreed, zone),
    };

    private static KeyValuePair<string, string> VmSetting(LayerStack settings, string path)
    {
        ProfileKeys.TryFind(path, out var key);
        return new(path[(ProfileKeys.VmSection.Length + 1)..], settings.Text(key!)!);
    }
}
