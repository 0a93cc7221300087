using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Procfs.Proc;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/devices/system/node</c>: which nodes there are, and one directory for each.</summary>
/// <remarks>drivers/base/node.c (facts: physical memory, 8 and 9.5). All nodes are online from boot on.</remarks>
internal static class NodeFiles
{
    private const string Directory = "/sys/devices/system/node/";

    public static IEnumerable<ProcFile> Files(int nodes)
    {
        yield return Set("online", static _ => true);
        yield return Set("possible", static _ => true);
        yield return Set("has_cpu", static (machine, node) => machine.Layout.NodeOfCpu.Contains((byte)node.Id));
        yield return Set("has_memory", static node => node.PresentPages > 0);
        yield return Set("has_normal_memory", static node => node.PresentPages > node[ZoneType.Movable].Extent.PresentPages);
        for (var node = 0; node < nodes; node++)
        {
            foreach (var file in FilesOf(node))
            {
                yield return file;
            }
        }
    }

    private static IEnumerable<ProcFile> FilesOf(int node)
    {
        var directory = $"{Directory}node{node}/";
        ProcFile File(string name, FileRenderer render) => new(directory + name, FileModes.ReadAll, render);

        yield return File("cpulist", (machine, text) => NodeList.RenderList(CpusOf(machine, node), text));
        yield return File("cpumap", (machine, text) => NodeList.RenderMask(CpusOf(machine, node), text));
        yield return File("distance", (machine, text) => RenderDistance(machine, node, text));
        yield return File("meminfo", (machine, text) => NodeMeminfo.Render(machine, node, text));
        yield return File("numastat", (machine, text) => RenderNumastat(machine, node, text));
        yield return File("vmstat", (machine, text) => Vmstat.RenderGauges(MemoryInfo.OfNode(machine, node), text));
    }

    private static ProcFile Set(string name, Func<Node, bool> isMember) => Set(name, (_, node) => isMember(node));

    private static ProcFile Set(string name, Func<Machine, Node, bool> isMember) =>
        new(Directory + name, FileModes.ReadAll, (machine, text) =>
        {
            var members = new bool[machine.Nodes.Length];
            foreach (var node in machine.Nodes)
            {
                members[node.Id] = isMember(machine, node);
            }

            NodeList.RenderList(members, text);
        });

    private static bool[] CpusOf(Machine machine, int node)
    {
        var members = new bool[machine.Cpus.Count];
        for (var cpu = 0; cpu < members.Length; cpu++)
        {
            members[cpu] = machine.Cpus.NodeOf(cpu) == node;
        }

        return members;
    }

    private static void RenderDistance(Machine machine, int node, ProcText text)
    {
        var distances = machine.Layout.DistancesFrom(node);
        for (var other = 0; other < distances.Count; other++)
        {
            text.Literal(other == 0 ? default : " "u8).Number((long)distances[other]);
        }

        text.NewLine();
    }

    private static void RenderNumastat(Machine machine, int node, ProcText text)
    {
        var memory = MemoryInfo.OfNode(machine, node);
        text.NameValue("numa_hit", memory[NumaEvent.NumaHit]);
        text.NameValue("numa_miss", memory[NumaEvent.NumaMiss]);
        text.NameValue("numa_foreign", memory[NumaEvent.NumaForeign]);
        text.NameValue("interleave_hit", memory[NumaEvent.NumaInterleave]);
        text.NameValue("local_node", memory[NumaEvent.NumaLocal]);
        text.NameValue("other_node", memory[NumaEvent.NumaOther]);
    }
}
