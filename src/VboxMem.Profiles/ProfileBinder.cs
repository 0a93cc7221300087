// From checked settings to the machine's description. Nothing can fail here: what could was checked before.

using VboxMem.Kernel;
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
            VmSettings = [.. settings.VmOrder.Select(path => VmSetting(settings, path))],
        };
    }

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
