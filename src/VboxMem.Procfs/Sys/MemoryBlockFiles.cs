using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/devices/system/memory</c>: RAM in blocks that could be taken away on Linux.</summary>
/// <remarks>
/// drivers/base/memory.c, arch/x86/mm/init_64.c: probe_memory_block_size (captured as sys_memory_blocks). A block has 128 MiB; from 64 GiB of RAM
/// on, as much as divides its end, 2 GiB at most. A block with frames of two zones names none. Departs: no block can be taken offline, and
/// the policy for new ones is fixed: all files are read-only; power and uevent are absent, and so is the link to the node.
/// </remarks>
internal static class MemoryBlockFiles
{
    public const string Root = "/sys/devices/system/memory";

    private const string Directory = Root + "/";
    private const uint PagesPerSection = 1 << 15;
    private const uint MostPagesPerBlock = 1 << 19;
    private const uint LargeMemoryPages = 1 << 24;

    public static IEnumerable<ProcFile> Files(Machine machine)
    {
        yield return Constant("auto_online_blocks", "online\n");
        yield return Constant("block_size_bytes", $"{(ulong)PagesPerBlock(machine) * PageGeometry.PageBytes:x}\n");
        yield return Constant("crash_hotplug", "0\n");
        foreach (var block in BlocksOf(machine))
        {
            var directory = $"memory{block}/";
            yield return Constant(directory + "online", "1\n");
            yield return Constant(directory + "phys_device", "0\n");
            yield return Constant(directory + "phys_index", $"{block:x8}\n");
            yield return Constant(directory + "removable", "1\n");
            yield return Constant(directory + "state", "online\n");
            yield return Constant(directory + "valid_zones", ZoneOf(machine, block) + "\n");
        }
    }

    /// <summary>The blocks that have RAM, ascending.</summary>
    private static SortedSet<uint> BlocksOf(Machine machine)
    {
        var blocks = new SortedSet<uint>();
        var pages = PagesPerBlock(machine);
        foreach (var memory in machine.Layout.Memory.Memory)
        {
            for (var block = memory.Frames.Start.Index / pages; block <= (memory.Frames.End.Index - 1) / pages; block++)
            {
                blocks.Add(block);
            }
        }

        return blocks;
    }

    private static string ZoneOf(Machine machine, uint block)
    {
        var (start, end) = ((ulong)block * PagesPerBlock(machine), (ulong)(block + 1) * PagesPerBlock(machine));
        ZoneExtent? found = null;
        foreach (var zone in machine.Layout.Zones)
        {
            if (zone.PresentPages == 0 || zone.Start.Index >= end || zone.End.Index <= start)
            {
                continue;
            }

            if (found is not null)
            {
                return "none";
            }

            found = zone;
        }

        return found?.Type.Name() ?? "none";
    }

    private static uint PagesPerBlock(Machine machine)
    {
        var end = machine.Layout.Memory.Memory[^1].Frames.End.Index;
        var pages = PagesPerSection;
        while (end >= LargeMemoryPages && pages < MostPagesPerBlock && end % (2 * pages) == 0)
        {
            pages *= 2;
        }

        return pages;
    }

    private static ProcFile Constant(string name, string value)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(value);
        return new(Directory + name, FileModes.ReadAll, (_, text) => text.Literal(bytes));
    }
}
