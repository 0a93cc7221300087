// What the kernel says while it boots, as far as it concerns memory and CPUs: the first page of dmesg.
//
// Texts and order are Linux's (compared with every captured log); times are plausible ones, the same on every machine but for
// what depends on CPUs and on memory to set up. Until the clock is calibrated Linux stamps 0.
//
// Models   Linux 6.12 on x86-64: e820.c, mm_init.c, percpu.c, page_alloc.c, slub.c, smpboot.c, workingset.c, init/main.c
//          (facts: physical memory, 1.4).
// Departs  messages of ACPI, PCI, timers, security modules and drivers are absent, and SRAT's with several nodes.

using System.Numerics;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Log;

/// <summary>Writes the boot messages of a machine.</summary>
public static class BootMessages
{
    /// <summary>Appends all of them.</summary>
    /// <returns>The simulated time of the last one: when init starts, in nanoseconds.</returns>
    public static long Print(KernelLog log, BootFacts facts)
    {
        var clock = new BootClock();
        PrintMemoryMap(log, clock, facts);
        PrintZones(log, clock, facts);
        PrintPerCpuAreas(log, clock, facts);
        PrintPageAllocator(log, clock, facts);
        PrintHashTables(log, clock.At(255_000), facts, BootHashPhase.FileSystems);
        PrintSecondaryCpus(log, clock.At(400_000), facts);
        PrintMemory(log, clock, facts);
        PrintHashTables(log, clock.After(10_000), facts, BootHashPhase.Futex);
        PrintHugePages(log, clock.At(700_000));
        PrintHashTables(log, clock.At(1_050_000), facts, BootHashPhase.Network);
        PrintLateFreed(log, clock.At(1_150_000), facts);
        return clock.Nanoseconds;
    }

    private static void PrintMemoryMap(KernelLog log, BootClock clock, BootFacts facts)
    {
        log.Print(clock.Next(), LogLevel.Notice, facts.Version.TrimEnd('\n'));
        log.Print(clock.Next(), LogLevel.Info, $"Command line: {facts.CommandLine}");
        log.Print(clock.Next(), LogLevel.Info, "BIOS-provided physical RAM map:");
        foreach (var (range, type) in facts.MemoryMap)
            log.Print(clock.Next(), LogLevel.Info, $"BIOS-e820: {Wide(range)} {NameOf(type)}");

        log.Print(clock.Next(), LogLevel.Debug, "e820: update [mem 0x00000000-0x00000fff] usable ==> reserved");
        log.Print(clock.Next(), LogLevel.Debug, "e820: remove [mem 0x000a0000-0x000fffff] usable");
        PrintLastPfns(log, clock, facts);
        if (!facts.Initrd.IsEmpty)
            log.Print(clock.Next(), LogLevel.Info, $"RAMDISK: [mem 0x{facts.Initrd.Start:x8}-0x{facts.Initrd.End - 1:x8}]");
        if (facts.Nodes.Count > 1) return;

        log.Print(clock.Next(), LogLevel.Info, "No NUMA configuration found");
        log.Print(clock.Next(), LogLevel.Info, $"Faking a node at {Wide(new PhysicalRange(0, facts.Nodes[0].Memory[^1].End))}");
    }

    // The last page of all RAM, and of that below 4 GiB when there is more.
    private static void PrintLastPfns(KernelLog log, BootClock clock, BootFacts facts)
    {
        const ulong FourGibibytes = 1UL << 32;
        var usable = facts.MemoryMap.Where(static entry => entry.Type == E820Type.Usable).Select(static entry => entry.Range.End).ToArray();
        var top = usable.Max();
        log.Print(clock.Next(), LogLevel.Info, $"last_pfn = 0x{top >> 12:x} max_arch_pfn = 0x{facts.MaxArchPfn:x}");
        if (top > FourGibibytes)
            log.Print(clock.Next(), LogLevel.Info, $"last_pfn = 0x{usable.Where(static end => end <= FourGibibytes).Max() >> 12:x} max_arch_pfn = 0x{facts.MaxArchPfn:x}");
    }

    private static void PrintZones(KernelLog log, BootClock clock, BootFacts facts)
    {
        log.Print(clock.Next(), LogLevel.Info, "Zone ranges:");
        foreach (var (zone, range) in facts.Zones)
            log.Print(clock.Next(), LogLevel.Info, $"  {zone.Name(),-8} {(range.IsEmpty ? "empty" : Wide(range))}");

        log.Print(clock.Next(), LogLevel.Info, "Movable zone start for each node");
        foreach (var node in facts.Nodes.Where(static node => node.MovableStart != 0))
            log.Print(clock.Next(), LogLevel.Info, $"  Node {node.Id}: 0x{node.MovableStart:x16}");

        log.Print(clock.Next(), LogLevel.Info, "Early memory node ranges");
        foreach (var node in facts.Nodes)
        {
            foreach (var range in node.Memory) log.Print(clock.Next(), LogLevel.Info, $"  node {node.Id,3}: {Wide(range)}");
        }

        foreach (var node in facts.Nodes.Where(static node => node.Memory.Count > 0))
            log.Print(clock.Next(), LogLevel.Info, $"Initmem setup node {node.Id} {Wide(new PhysicalRange(node.Memory[0].Start, node.Memory[^1].End))}");
        foreach (var node in facts.Nodes.Where(static node => node.Memory.Count == 0))
            log.Print(clock.Next(), LogLevel.Info, $"Initmem setup node {node.Id} as memoryless");
        foreach (var (node, zone, pages) in facts.Unavailable)
            log.Print(clock.Next(), LogLevel.Info, $"On node {node}, zone {zone.Name()}: {pages} pages in unavailable ranges");
    }

    private static void PrintPerCpuAreas(KernelLog log, BootClock clock, BootFacts facts)
    {
        var (fixedBytes, reserved, dynamic) = facts.Image.PerCpuBytes;
        var chunk = new PerCpuFirstChunk(facts.Nodes, facts.Image.PerCpuBytes);
        var sizes = $"s{fixedBytes} r{reserved} d{dynamic} u{chunk.UnitBytes}";
        var blocks = chunk.AllocationBytes / PerCpuFirstChunk.BlockBytes;

        log.Print(clock.Next(), LogLevel.Info, $"CPU topo: Allowing {facts.Cpus} present CPUs plus 0 hotplug CPUs");
        log.Print(clock.Next(), LogLevel.Info, $"setup_percpu: NR_CPUS:8192 nr_cpumask_bits:{facts.Cpus} nr_cpu_ids:{facts.Cpus} nr_node_ids:{facts.Nodes.Count}");
        log.Print(clock.Next(), LogLevel.Info, $"percpu: Embedded {chunk.SizeBytes / 4096} pages/cpu {sizes}");
        log.Print(clock.Next(), LogLevel.Debug, $"pcpu-alloc: {sizes} alloc={blocks}*{PerCpuFirstChunk.BlockBytes}");
        foreach (var line in chunk.UnitLines()) log.Print(clock.Next(), LogLevel.Debug, $"pcpu-alloc: {line}");
    }

    private static void PrintPageAllocator(KernelLog log, BootClock clock, BootFacts facts)
    {
        const ulong GroupingNeedsPages = 512 * 5;   // a pageblock for every migrate type
        var grouping = facts.PresentPages < GroupingNeedsPages ? "off" : "on";
        var policyZone = facts.Zones.Last(static zone => !zone.Range.IsEmpty && zone.Zone <= ZoneType.Normal).Zone;

        log.Print(clock.Next(), LogLevel.Notice, $"Kernel command line: {facts.CommandLine}");
        PrintHashTables(log, clock, facts, BootHashPhase.Early);
        foreach (var node in facts.Nodes)
            log.Print(clock.Next(), LogLevel.Info, $"Fallback order for Node {node.Id}: {string.Concat(node.FallbackOrder.Select(static next => $"{next} "))}");
        log.Print(clock.Next(), LogLevel.Info, $"Built {facts.Nodes.Count} zonelists, mobility grouping {grouping}.  Total pages: {facts.PresentPages}");
        log.Print(clock.Next(), LogLevel.Info, $"Policy zone: {policyZone.Name()}");
        log.Print(clock.Next(), LogLevel.Info, "mem auto-init: stack:all(zero), heap alloc:on, heap free:off");
        if (!facts.Swiotlb.IsEmpty)
            log.Print(clock.Next(), LogLevel.Info, $"software IO TLB: area num {BitOperations.RoundUpToPowerOf2((uint)facts.Cpus)}.");
        log.Print(clock.Next(), LogLevel.Info, $"SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs={facts.Cpus}, Nodes={facts.Nodes.Count}");
    }

    private static void PrintHashTables(KernelLog log, BootClock clock, BootFacts facts, BootHashPhase phase)
    {
        var established = 0UL;
        foreach (var table in facts.HashTables.Where(table => table.Phase == phase))
        {
            var order = BitOperations.Log2((uint)((table.Bytes - 1) / 4096 * 2 | 1));
            log.Print(clock.Next(), LogLevel.Info, $"{table.Name} hash table entries: {table.Entries} (order: {order}, {table.Bytes} bytes, {table.Where})");
            if (table.Name == "TCP established") established = table.Entries;
            if (table.Name == "TCP bind")
                log.Print(clock.Next(), LogLevel.Info, $"TCP: Hash tables configured (established {established} bind {table.Entries})");
        }
    }

    private static void PrintSecondaryCpus(KernelLog log, BootClock clock, BootFacts facts)
    {
        log.Print(clock.Next(), LogLevel.Info, "smp: Bringing up secondary CPUs ...");
        if (facts.Cpus > 1) log.Print(clock.After(4_000).Next(), LogLevel.Info, "smpboot: x86: Booting SMP configuration:");

        var cpuDigits = $"{facts.Cpus}".Length;
        var nodeDigits = $"{facts.Nodes.Count}".Length;
        foreach (var node in facts.Nodes)
        {
            var secondary = node.Cpus.Where(static cpu => cpu != 0).ToArray();
            if (secondary.Length == 0) continue;

            var space = secondary[0] == 1 ? new string(' ', cpuDigits + 2) : "";   // where CPU 0 would stand
            var cpus = string.Concat(secondary.Select(cpu => $"#{cpu}".PadLeft(cpuDigits + 2)));
            log.Print(clock.Next(), LogLevel.Info, $".... node {$"#{node.Id}".PadLeft(nodeDigits + 2)}, CPUs:  {space}{cpus}");
            clock.After(8_000 * secondary.Length);
        }

        var nodes = facts.Nodes.Count(static node => node.Cpus.Count > 0 || node.Memory.Count > 0);
        log.Print(clock.Next(), LogLevel.Info, $"smp: Brought up {nodes} node{(nodes == 1 ? "" : "s")}, {facts.Cpus} CPU{(facts.Cpus == 1 ? "" : "s")}");
    }

    private static void PrintMemory(KernelLog log, BootClock clock, BootFacts facts)
    {
        foreach (var node in facts.Nodes)
        {
            if (node.DeferredInitMilliseconds is { } milliseconds)
                log.Print(clock.After(milliseconds * 1_000L).Next(), LogLevel.Info, $"node {node.Id} deferred pages initialised in {milliseconds}ms");
        }

        var image = facts.Image;
        log.Print(
            clock.After(3_000).Next(), LogLevel.Info,
            $"Memory: {facts.FreeKilobytes}K/{facts.PresentPages * 4}K available ({image.CodeKilobytes}K kernel code, {image.WritableDataKilobytes}K rwdata, {image.ReadOnlyDataKilobytes}K rodata, {image.InitKilobytes}K init, {image.BssKilobytes}K bss, {facts.ReservedKilobytes}K reserved, 0K cma-reserved)");
        log.Print(clock.After(12_000).Next(), LogLevel.Info, "x86/mm: Memory block size: 128MB");
    }

    private static void PrintHugePages(KernelLog log, BootClock clock)
    {
        log.Print(clock.Next(), LogLevel.Info, "HugeTLB: registered 2.00 MiB page size, pre-allocated 0 pages");
        log.Print(clock.Next(), LogLevel.Info, "HugeTLB: 28 KiB vmemmap can be freed for a 2.00 MiB page");
    }

    private static void PrintLateFreed(KernelLog log, BootClock clock, BootFacts facts)
    {
        if (!facts.Swiotlb.IsEmpty)
        {
            log.Print(clock.Next(), LogLevel.Info, "PCI-DMA: Using software bounce buffering for IO (SWIOTLB)");
            log.Print(clock.Next(), LogLevel.Info, $"software IO TLB: mapped [mem 0x{facts.Swiotlb.Start:x16}-0x{facts.Swiotlb.End:x16}] ({(facts.Swiotlb.End - facts.Swiotlb.Start) >> 20}MB)");
        }

        var freed = facts.LateFreed;
        if (!facts.Initrd.IsEmpty) log.Print(clock.Next(), LogLevel.Info, "Trying to unpack rootfs image as initramfs...");
        log.Print(clock.After(12_000).Next(), LogLevel.Info, $"workingset: timestamp_bits=36 max_order={BitOperations.Log2(facts.ManagedPages - 1) + 1} bucket_order=0");
        if (freed.InitrdKilobytes > 0) log.Print(clock.After(110_000).Next(), LogLevel.Info, $"Freeing initrd memory: {freed.InitrdKilobytes}K");

        log.Print(clock.At(2_500_000).Next(), LogLevel.Info, $"Freeing unused decrypted memory: {freed.DecryptedKilobytes}K");
        log.Print(clock.After(150_000).Next(), LogLevel.Info, $"Freeing unused kernel image (initmem) memory: {freed.InitmemKilobytes}K");
        log.Print(clock.Next(), LogLevel.Info, $"Write protecting the kernel read-only data: {facts.Image.ProtectedKilobytes}k");
        log.Print(clock.After(2_000).Next(), LogLevel.Info, $"Freeing unused kernel image (rodata/data gap) memory: {freed.RodataGapKilobytes}K");
        log.Print(clock.After(6_000).Next(), LogLevel.Info, $"Run {facts.InitPath} as init process");
    }

    private static string Wide(PhysicalRange range) => $"[mem 0x{range.Start:x16}-0x{range.End - 1:x16}]";

    private static string NameOf(E820Type type) => type switch
    {
        E820Type.Usable => "usable",
        E820Type.Reserved => "reserved",
        E820Type.AcpiData => "ACPI data",
        _ => "ACPI NVS",
    };

    // Time while booting, in microseconds: 0 until At is first called, then a few microseconds a message.
    private sealed class BootClock
    {
        private const long MicrosecondsPerMessage = 52;

        private long _microseconds;

        public long Nanoseconds => _microseconds * 1_000;

        public long Next()
        {
            if (_microseconds > 0) _microseconds += MicrosecondsPerMessage;
            return Nanoseconds;
        }

        /// <summary>Moves on to a moment of boot, unless it is past already.</summary>
        public BootClock At(long microseconds)
        {
            _microseconds = Math.Max(_microseconds, microseconds);
            return this;
        }

        public BootClock After(long microseconds)
        {
            _microseconds += microseconds;
            return this;
        }
    }
}
