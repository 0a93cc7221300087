// Checks of zones given by their own figures: within a zone, between the zones of a node, between nodes, against RAM.

using VboxMem.Kernel;
using VboxMem.Profiles.Layers;

namespace VboxMem.Profiles.Checks;

internal sealed class ZoneChecks(LayerStack settings, CheckErrors errors)
{
    private const ulong DmaEnd = 4096;
    private const ulong Dma32End = 1048576;
    private const int PageBytes = 4096;

    private readonly List<Zone> _zones = [];

    private readonly record struct Zone(
        int Index, ulong Node, ZoneType Type, ulong Start, ulong Spanned, ulong Present, ulong Managed, ulong LateFreed)
    {
        public ulong End => Start + Spanned;
    }

    public void Run()
    {
        var count = settings.Count(ProfileKeys.Zones);
        if (count == 0) return;
        for (var index = 0; index < count; index++)
        {
            if (TryRead(index, out var zone)) _zones.Add(zone);
        }

        foreach (var zone in _zones) CheckFigures(zone);
        if (_zones.Count < count) return;

        for (var at = 0; at < count; at++) CheckPlace(at);
        if (_zones.All(zone => zone.Managed == 0))
            errors.Add(ProfileKeys.Zones.Path, "no zone has managed pages, allowed at least one that has");
        CheckNodes();
    }

    private bool TryRead(int index, out Zone zone)
    {
        zone = default;
        var whole = errors.Require(ProfileKeys.Zone, index)
            & errors.Require(ProfileKeys.StartPfn, index)
            & errors.Require(ProfileKeys.Spanned, index)
            & errors.Require(ProfileKeys.Present, index)
            & errors.Require(ProfileKeys.Managed, index)
            & errors.Require(ProfileKeys.ZoneNode, index)
            & errors.Require(ProfileKeys.LateFreed, index);
        if (!whole) return false;

        zone = new Zone(index, settings.Get(ProfileKeys.ZoneNode, index), settings.Get(ProfileKeys.Zone, index),
            settings.Get(ProfileKeys.StartPfn, index), settings.Get(ProfileKeys.Spanned, index),
            settings.Get(ProfileKeys.Present, index), settings.Get(ProfileKeys.Managed, index),
            settings.Get(ProfileKeys.LateFreed, index));
        return true;
    }

    private void CheckFigures(in Zone zone)
    {
        if (zone.Present > zone.Spanned) Add(zone, ProfileKeys.Present, $"more than spanned, allowed 1..{zone.Spanned}");
        if (zone.Managed > zone.Present) Add(zone, ProfileKeys.Managed, $"more than present, allowed 0..{zone.Present}");
        if (zone.LateFreed > zone.Managed) Add(zone, ProfileKeys.LateFreed, $"more than managed, allowed 0..{zone.Managed}");
        if (zone.Type == ZoneType.Dma && zone.End > DmaEnd) Add(zone, ProfileKeys.Spanned, $"zone DMA ends at frame {zone.End}, allowed up to {DmaEnd}");
        if (zone.Type == ZoneType.Dma32 && zone.End > Dma32End) Add(zone, ProfileKeys.Spanned, $"zone DMA32 ends at frame {zone.End}, allowed up to {Dma32End}");
    }

    /// <summary>Zones of one node ascend in kind and in frames; those of different nodes lie apart.</summary>
    private void CheckPlace(int at)
    {
        var zone = _zones[at];
        for (var before = at - 1; before >= 0; before--)
        {
            var other = _zones[before];
            if (other.Node == zone.Node)
            {
                if (other.Type >= zone.Type)
                    Add(zone, ProfileKeys.Zone, $"follows {ProfileKeys.Zone.Format(other.Type)} in node {zone.Node}, allowed each zone once, in the order DMA, DMA32, Normal, Movable");
                else if (zone.Start < other.End)
                    Add(zone, ProfileKeys.StartPfn, $"machine:zones:{other.Index} of the node ends at frame {other.End}, allowed from there on");
                return;   // the one before was compared with those before it
            }
        }
    }

    private void CheckNodes()
    {
        CheckNodesApart();
        if (settings.IsBroken(ProfileKeys.Nodes)) return;
        var nodes = settings.Count(ProfileKeys.Nodes);
        foreach (var zone in _zones)
        {
            if (zone.Node >= (ulong)Math.Max(nodes, 1))
                Add(zone, ProfileKeys.ZoneNode, $"there is no such node, allowed 0..{Math.Max(nodes, 1) - 1}");
        }

        for (var node = 0; node < nodes; node++)
        {
            if (!settings.TryGet(ProfileKeys.NodeRam, out var ram, node)) continue;
            CheckRam(_zones.Where(zone => zone.Node == (ulong)node), ram, $"node {node}");
        }

        if (nodes == 0 && settings.TryGet(ProfileKeys.Ram, out var all)) CheckRam(_zones, all, "the machine");
    }

    private void CheckNodesApart()
    {
        for (var at = 1; at < _zones.Count; at++)
        {
            var zone = _zones[at];
            var other = _zones.Take(at).FirstOrDefault(earlier =>
                earlier.Node != zone.Node && earlier.Start < zone.End && zone.Start < earlier.End);
            if (other.Spanned > 0)
                Add(zone, ProfileKeys.StartPfn, $"overlaps machine:zones:{other.Index} of node {other.Node}, allowed are ranges apart");
        }
    }

    private void CheckRam(IEnumerable<Zone> zones, ulong ramBytes, string whose)
    {
        var present = zones.Aggregate(0UL, (sum, zone) => sum + zone.Present);
        if (present == 0)
            errors.Add(ProfileKeys.Zones.Path, $"{whose} has RAM and no zone, allowed at least one zone a node");
        else if (present > ramBytes / PageBytes)
            errors.Add(ProfileKeys.Zones.Path, $"{present} pages present in {whose}, allowed up to {ramBytes / PageBytes}, its RAM");
    }

    private void Add(in Zone zone, ProfileKey key, string problem) =>
        errors.Add(LayerStack.PathOf(key, zone.Index), problem);
}
