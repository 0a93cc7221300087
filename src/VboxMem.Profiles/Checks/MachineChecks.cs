// Checks between keys: RAM and CPUs against nodes, movable memory and initrd against RAM. A check is skipped where one
// of its values was wrong in itself; that has its own line already.

using System.Globalization;
using VboxMem.Profiles.Layers;

namespace VboxMem.Profiles.Checks;

internal sealed class MachineChecks(LayerStack settings, CheckErrors errors)
{
    private const int PageBytes = 4096;

    /// <summary>Checks everything, and derives RAM and CPUs where nodes or zones give them.</summary>
    public void Run()
    {
        var nodes = settings.Count(ProfileKeys.Nodes);
        if (nodes > 0) CheckNodes(nodes);
        new ZoneChecks(settings, errors).Run();
        DeriveRamFromZones();
        RequireRam();
        CheckAgainstRam();
    }

    private void CheckNodes(int nodes)
    {
        ulong ram = 0, cpus = 0;
        var complete = true;
        for (var node = 0; node < nodes; node++)
        {
            complete &= errors.Require(ProfileKeys.NodeRam, node) & errors.Require(ProfileKeys.NodeCpus, node);
            CheckDistances(node, nodes);
            if (!complete) continue;
            ram += settings.Get(ProfileKeys.NodeRam, node);
            cpus += settings.Get(ProfileKeys.NodeCpus, node);
        }

        if (!complete) return;
        Sum(ProfileKeys.Ram, ram);
        Sum(ProfileKeys.Cpus, cpus);
    }

    /// <summary>The sum of the nodes must be a value that the key allows, and what the key says if it says anything.</summary>
    private void Sum(ScalarKey<ulong> key, ulong sum)
    {
        if (key.Canonical(key.Format(sum), out _) is null)
        {
            errors.Add(ProfileKeys.Nodes.Path, $"{key.Path} is their sum, {key.Format(sum)}, and out of range, allowed {key.Allowed}");
            return;
        }

        if (settings.IsGiven(key) && settings.TryGet(key, out var given) && given != sum)
            errors.Add(key.Path, $"the nodes add up to {key.Format(sum)}, allowed that or nothing");
        else if (!settings.IsBroken(key))
            settings.Derive(key, sum);
    }

    private void CheckDistances(int node, int nodes)
    {
        var list = LayerStack.PathOf(ProfileKeys.Distances, node);
        var given = settings.Count(ProfileKeys.Distances, node);
        if (given == 0) return;
        if (given != nodes)
        {
            errors.Add(list, string.Create(CultureInfo.InvariantCulture, $"{given} distances, allowed one for each of the {nodes} nodes"));
            return;
        }

        for (var other = 0; other < nodes; other++)
        {
            if (!settings.TryGet(ProfileKeys.Distance, out var distance, node, other)) continue;
            var path = LayerStack.PathOf(ProfileKeys.Distance, node, other);
            if (node == other && distance != 10) errors.Add(path, "the distance of a node to itself, allowed 10");
            if (node != other && distance == 10) errors.Add(path, "the distance to another node, allowed 11..254");
        }
    }

    private void DeriveRamFromZones()
    {
        if (settings.Text(ProfileKeys.Ram) is not null || settings.IsBroken(ProfileKeys.Ram)) return;
        if (settings.IsBroken(ProfileKeys.Zones) || settings.IsBroken(ProfileKeys.Nodes)) return;

        ulong present = 0;
        for (var zone = 0; zone < settings.Count(ProfileKeys.Zones); zone++)
        {
            if (!settings.TryGet(ProfileKeys.Present, out var pages, zone)) return;
            present += pages;
        }

        // Firmware keeps fewer than 1024 frames of the RAM out of the zones, so this is what was plugged in.
        const ulong Step = 4UL << 20;
        var ram = (present * PageBytes + Step - 1) / Step * Step;
        if (ram == 0) return;
        if (ProfileKeys.Ram.Canonical(ProfileKeys.Ram.Format(ram), out _) is not null) settings.Derive(ProfileKeys.Ram, ram);
        else errors.Add(ProfileKeys.Zones.Path, $"machine:ram follows from present, {ByteSize.Format(ram)}, and is out of range, allowed {ProfileKeys.Ram.Allowed}");
    }

    private void RequireRam()
    {
        if (settings.Count(ProfileKeys.Nodes) > 0 || settings.Count(ProfileKeys.Zones) > 0) return;
        if (settings.IsBroken(ProfileKeys.Nodes) || settings.IsBroken(ProfileKeys.Zones)) return;
        errors.Require(ProfileKeys.Ram);
    }

    private void CheckAgainstRam()
    {
        if (!settings.TryGet(ProfileKeys.Ram, out var ram)) return;
        if (settings.TryGet(ProfileKeys.Movable, out var movable))
        {
            if (movable >= ram)
                errors.Add(ProfileKeys.Movable.Path, $"out of range, allowed less than machine:ram, {ByteSize.Format(ram)}");
            if (movable > 0 && settings.Count(ProfileKeys.Zones) > 0)
                errors.Add(ProfileKeys.Movable.Path, "machine:zones says what is movable, allowed 0");
        }

        if (settings.TryGet(ProfileKeys.Initrd, out var initrd) && initrd >= ram / 4)
            errors.Add(ProfileKeys.Initrd.Path, $"out of range, allowed less than a quarter of machine:ram, {ByteSize.Format(ram / 4)}");
    }
}
