using VboxMem.Testing;

namespace VboxMem.Tools.Tests;

/// <summary>The system-wide files of a captured machine.</summary>
internal static class CapturedTree
{
    public static MemoryTree Of(string name)
    {
        var tree = new MemoryTree();
        foreach (var file in new[] { "meminfo", "vmstat", "slabinfo", "stat", "uptime" })
            tree["/proc/" + file] = ProcTree.Capture(name, file) ?? ProcTree.Capture("ram-1g", file)!;
        tree["/proc/cpuinfo"] = "processor\t: 0\n\n";
        return tree;
    }
}
