using System.Globalization;
using VboxMem.Testing;

namespace VboxMem.Tui.Tests;

/// <summary>Processes that tests make up.</summary>
internal static class MadeUpProcesses
{
    /// <summary>Adds stat, status and cmdline of a process.</summary>
    public static MemoryTree Process(
        this MemoryTree tree, int pid, int parent = 1, string name = "sleep", char state = 'S', ulong ticks = 0, ulong faults = 0, ulong pages = 100, ulong start = 5, ulong flags = 0)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/");
        tree[folder + "stat"] = string.Create(CultureInfo.InvariantCulture,
            $"{pid} ({name}) {state} {parent} {pid} {pid} 0 -1 {flags} {faults} 0 0 0 {ticks} 0 0 0 20 0 1 0 {start} {pages * 8192} {pages} 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n");
        tree[folder + "status"] = string.Create(CultureInfo.InvariantCulture,
            $"Name:\t{name}\nState:\t{state} (x)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmSize:\t{pages * 8} kB\nVmRSS:\t{pages * 4} kB\nVmSwap:\t0 kB\nThreads:\t1\n");
        tree[folder + "cmdline"] = name + "\0--flag\0";
        return tree;
    }
}
