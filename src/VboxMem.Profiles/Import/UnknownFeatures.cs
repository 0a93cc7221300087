// What a machine has that a box has not, or not yet: one line each.

using System.Globalization;
using VboxMem.Kernel;

namespace VboxMem.Profiles.Import;

internal static class UnknownFeatures
{
    private const int MostGroups = 2000;

    private static readonly string[] _limits = ["memory.max", "memory.high", "memory.low", "memory.min", "memory.swap.max", "memory.limit_in_bytes"];

    public static void Note(ImportSource source, ImportedMachine machine)
    {
        NoteKernel(source);
        NoteSettings(source);
        NoteMeminfo(source, machine);
        NoteCgroups(source);
        if (machine.Swaps.Any(static swap => swap.File.Contains("zram", StringComparison.Ordinal)))
            source.Note("not reproduced: zram: its areas are swap on a disk, and nothing is compressed");
        if (machine.Swaps.Any(static swap => swap.File.StartsWith('/') && !swap.File.StartsWith("/dev/", StringComparison.Ordinal)))
            source.Note("approximated: swap files are disks of their own");
    }

    private static void NoteKernel(ImportSource source)
    {
        var release = source.Text(source.Proc("sys/kernel/osrelease")) ?? source.Text(source.Proc("version"))?.Split(' ').ElementAtOrDefault(2);
        if (release is null) source.Note($"missing: {source.NameOf(source.Proc("version"))}: which kernel it is is not known");
        else if (!release.StartsWith("6.12.", StringComparison.Ordinal)) source.Note($"not reproduced: kernel {release}: the box is {KernelVersion.Release}");
    }

    private static void NoteSettings(ImportSource source)
    {
        var generations = source.Text("/sys/kernel/mm/lru_gen/enabled");
        if (generations is not (null or "0x0000" or "0")) source.Note("not reproduced: multi-generational LRU: the box has the classic one");
        if (source.Text("/sys/module/zswap/parameters/enabled") is "Y" or "1") source.Note("not reproduced: zswap");
        if (source.Text("/sys/kernel/mm/ksm/run") is "1") source.Note("not reproduced: KSM merges no pages");
        if (source.Text(source.Proc("sys/kernel/numa_balancing")) is "1" or "2" or "3") source.Note("not reproduced: NUMA balancing");
    }

    private static void NoteMeminfo(ImportSource source, ImportedMachine machine)
    {
        Note("HugePages_Total", machine.Meminfo?.Fields["HugePages_Total"u8], "huge pages of the pool are reserved, but nothing maps them", "");
        Note("Zswapped", machine.Meminfo?.Fields["Zswapped"u8], "compressed pages in zswap are none", " kB");
        Note("Mlocked", machine.Meminfo?.Fields["Mlocked"u8], "no memory is locked", " kB");
        Note("CmaTotal", machine.Meminfo?.Fields["CmaTotal"u8], "there is no contiguous memory area", " kB");
        Note("SecPageTables", machine.Meminfo?.Fields["SecPageTables"u8], "virtual machines have no page tables", " kB");
        if (machine.Meminfo is null) return;
        var sum = machine.Bytes("MemFree"u8) + machine.Bytes("Buffers"u8) + machine.Bytes("Cached"u8) + machine.Bytes("SwapCached"u8)
            + machine.Bytes("AnonPages"u8) + machine.Bytes("Slab"u8) + machine.Bytes("KernelStack"u8) + machine.Bytes("PageTables"u8)
            + machine.Bytes("Percpu"u8) + machine.Bytes("Hugetlb"u8);
        var total = machine.Bytes("MemTotal"u8);
        if (total > sum && total - sum > total / 50)
            source.Note(string.Create(CultureInfo.InvariantCulture, $"not reproduced: {(total - sum) >> 10} kB that the kernel and its drivers have taken and meminfo names nowhere are free in the box, but for what it takes itself"));

        void Note(string name, ulong? value, string meaning, string unit)
        {
            if (value > 0) source.Note(string.Create(CultureInfo.InvariantCulture, $"not reproduced: {name} is {value}{unit}: {meaning}"));
        }
    }

    private static void NoteCgroups(ImportSource source)
    {
        var pending = new Queue<string>(["/sys/fs/cgroup"]);
        var limited = 0;
        for (var seen = 0; seen < MostGroups && pending.TryDequeue(out var folder); seen++)
        {
            limited += _limits.Any(file => source.Text($"{folder}/{file}") is { } limit && !(limit is "max" or "0" || limit.StartsWith("92233720368547", StringComparison.Ordinal))) ? 1 : 0;
            foreach (var name in source.List(folder))
            {
                if (source.IsDirectory($"{folder}/{name}")) pending.Enqueue($"{folder}/{name}");
            }
        }

        if (limited > 0) source.Note(string.Create(CultureInfo.InvariantCulture, $"not reproduced: memory limits of {limited} control groups"));
    }
}
