using VboxMem.Kernel;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests;

/// <summary>Turns a captured machine into the description of a simulated one.</summary>
internal static class CapturedMachines
{
    private const int KilobytesPerPage = 4;

    public static TheoryData<string> Shapes
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var shape in Capture.Shapes)
            {
                data.Add(shape);
            }

            return data;
        }
    }

    /// <summary>By RAM size, machine kind, CPUs and nodes alone: the recipe has to find the rest.</summary>
    public static MachineConfiguration ByRecipe(Capture capture)
    {
        var machine = capture.Machine;
        var nodes = machine.NodesMebibytes.Count;
        return new MachineConfiguration
        {
            Kind = Enum.Parse<MachineKind>(machine.Kind, ignoreCase: true),
            RamBytes = (ulong)machine.RamMebibytes << 20,
            Cpus = machine.Cpus,
            Nodes = nodes == 1 ? [] : [.. machine.NodesMebibytes.Select((mebibytes, node) => new NodeConfiguration
            {
                RamBytes = (ulong)mebibytes << 20,
                Cpus = capture.Nodes[node].CpuList.Trim().Length == 0 ? 0 : machine.Cpus / nodes,
            })],
            InitrdBytes = (ulong)capture.Log.LateFreed.InitrdKilobytes << 10,
            CommandLine = machine.CommandLine,
        };
    }

    /// <summary>By the captured figures of each zone; the late-freed pages from the log, by where those lie with nokaslr.</summary>
    public static MachineConfiguration ByZones(Capture capture)
    {
        var late = capture.Log.LateFreed;
        var image = (late.InitmemKilobytes + late.DecryptedKilobytes + late.RodataGapKilobytes) / KilobytesPerPage;
        var lowestAboveDma = capture.Zones.First(zone => zone.IsPopulated && zone.Name == "DMA32");
        var topOfLowRam = capture.Zones.Last(zone => zone.IsPopulated && zone.Name == "DMA32");
        return ByRecipe(capture) with
        {
            Zones = [.. capture.Zones.Where(static zone => zone.IsPopulated).Select(zone => new ZoneConfiguration
            {
                Node = zone.Node,
                Zone = Enum.Parse<ZoneType>(zone.Name, ignoreCase: true),
                StartPfn = (uint)zone.StartPfn,
                SpannedPages = (uint)zone.SpannedPages,
                PresentPages = (uint)zone.PresentPages,
                ManagedPages = (uint)zone.ManagedPages,
                LateFreedPages = (uint)((zone == lowestAboveDma ? image : 0)
                    + (zone == topOfLowRam ? late.InitrdKilobytes / KilobytesPerPage : 0)),
            })],
        };
    }

    /// <summary>Boots the machine of a capture and writes what had been written before the capture was taken.</summary>
    public static Machine Boot(Capture capture)
    {
        var machine = Machine.Boot(ByZones(capture));
        if (capture.Setting is { } setting)
        {
            // All of /proc/sys/vm had been read before. On Linux reading lowmem_reserve_ratio computes the reserves anew, as a
            // write that stores nothing does; reading our tree changes nothing, so this write stands for that reading.
            Assert.Equal(Kernel.Sysctl.SysctlResult.Done, machine.Sysctls.Write("lowmem_reserve_ratio", []));
            Assert.Equal(Kernel.Sysctl.SysctlResult.Done, machine.Sysctls.Write(setting.Name, System.Text.Encoding.ASCII.GetBytes(setting.Value)));
        }

        return machine;
    }
}
