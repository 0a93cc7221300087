// Goal: a program lies in memory as the captured ones do: the same regions of the same kind and size in the same order, the same gaps
// but for what chance decides, and that within the same bounds.
// Method: /proc/PID/maps of a static shell on several machines, and numa_maps of a static program with one large mapping; the same
// programs run on a simulated box. Addresses that chance decides are compared with their bounds, worked out by hand.

using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;
using VboxMem.Testing;
using VboxMem.Workloads;

namespace VboxMem.Conformance.Tests.Virtual;

public sealed class CapturedLayoutTests
{
    private const ulong Page = 4096;
    private const ulong Gibibyte = 1UL << 30;
    private const ulong WindowEnd = 0x7fff_ffff_f000;

    // Below the stack stay 8 MiB for it, 1 MiB of guard gap and what chance can take: 2^22 - 1 pages. Then 28 random bits of pages.
    private const ulong HighestMmapBase = WindowEnd - (9 << 20) - (((1UL << 22) - 1) * Page);
    private const ulong LowestMmapBase = HighestMmapBase - (((1UL << 28) - 1) * Page);

    // 22 random bits of pages, and up to two pages more.
    private const ulong LowestStackEnd = WindowEnd - (((1UL << 22) + 1) * Page);

    private static string Folder => Path.Combine(SourceTree.Captures, "maps");

    public static TheoryData<string> Shells => new(Directory.GetFiles(Folder, "init-*").Select(static path => Path.GetFileName(path)));

    public static TheoryData<string> Programs => new(Directory.GetFiles(Folder, "*.numa_maps").Select(static path => Path.GetFileName(path)));

    /// <summary>One line of maps. Units: bytes.</summary>
    private readonly record struct Region(ulong Start, ulong End, string Rights, ulong Offset, string Name)
    {
        public ulong Pages => (End - Start) / Page;

        public (string, ulong, bool) Kind => (Rights, Pages, Name.StartsWith('/'));
    }

    [Theory, MemberData(nameof(Shells))]
    public void A_static_shell_has_the_captured_regions(string file)
    {
        var captured = File.ReadAllLines(Path.Combine(Folder, file)).Select(Parse).ToArray();
        using var machine = Box(seed: 1);
        var ours = RegionsOf(machine, Run(machine, ShellAs(captured)));

        Assert.Equal(captured.Select(static region => region.Kind), ours.Select(static region => region.Kind));
        Assert.Equal(captured[..6].Select(static region => region.Start), ours[..6].Select(static region => region.Start));
        Assert.Equal(captured[..3].Select(static region => region.Offset), ours[..3].Select(static region => region.Offset));
        AssertInBounds(captured);
        AssertInBounds(ours);
    }

    [Theory, MemberData(nameof(Programs))]
    public void A_large_mapping_lies_below_vvar_where_huge_pages_fit(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, file)).Select(static line => line.Split(' ')).ToArray();
        var heap = Array.FindIndex(lines, static line => line[2] == "heap");
        Assert.Equal(5, lines.Length - heap);   // heap, the mapping, vvar, vdso, stack
        var pages = ulong.Parse(Array.Find(lines[heap + 1], static word => word.StartsWith("anon=", StringComparison.Ordinal))![5..], CultureInfo.InvariantCulture);
        var (start, vvar) = (Hex(lines[heap + 1][0]), Hex(lines[heap + 2][0]));

        using var machine = Box(seed: pages);
        var task = Run(machine, Images.Static("mapper"), pages * Page);
        var ours = RegionsOf(machine, task);
        Assert.Equal(lines.Length, ours.Length);
        Assert.Equal(lines[..6].Select(static line => Hex(line[0])), ours[..6].Select(static region => region.Start));
        var mapped = ours[^4];
        Assert.Equal(pages, mapped.Pages);
        Assert.Equal(HugePlaceBelow(vvar, pages), start);
        Assert.Equal(HugePlaceBelow(ours[^3].Start, pages), mapped.Start);
        AssertInBounds(ours);
    }

    // Captured: 1236 and 1240 kB. Four tables for image and heap, seven or eight for mapping, vdso and stack, and 300 put by for huge
    // pages. Ours may have one less: the vdso's page is not modelled.
    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public void Page_tables_of_the_captured_toucher_are_as_many(ulong seed)
    {
        using var machine = Box(seed);
        var task = Run(machine, Images.Static("toucher"), 600UL << 20, touches: true);
        Assert.InRange(machine.Memory[task.MemoryId].PageTableBytes / 1024, 1228UL, 1240UL);
        Assert.Equal(153_600UL + 15, machine.Memory[task.MemoryId].RssAnonPages);
    }

    private static void AssertInBounds(Region[] regions)
    {
        var heap = Array.FindIndex(regions, static region => region.Name == "[heap]");
        Assert.InRange(regions[heap].Start - regions[heap - 1].End, Page, Gibibyte);
        var (vvar, vdso, stack) = (regions[^3], regions[^2], regions[^1]);
        Assert.Equal(("[vvar]", "[vdso]", "[stack]"), (vvar.Name, vdso.Name, stack.Name));
        Assert.Equal(vvar.End, vdso.Start);
        Assert.InRange(vdso.End, LowestMmapBase, HighestMmapBase);   // nothing was mapped before them
        Assert.InRange(stack.End, LowestStackEnd, WindowEnd);
    }

    private static ulong HugePlaceBelow(ulong end, ulong pages)
    {
        const ulong huge = 2 << 20;
        var lowest = end - (pages * Page) - huge;
        return (lowest + huge) & ~(huge - 1);
    }

    private static Machine Box(ulong seed) => Machine.Boot(new MachineConfiguration { RamBytes = 1UL << 30, Cpus = 2, Seed = seed, CommandLine = "nokaslr" });

    private static Region Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ends = words[0].Split('-');
        return new Region(Hex(ends[0]), Hex(ends[1]), words[1], Hex(words[2]), words.Length > 5 ? words[5] : "");
    }

    private static ulong Hex(string digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Headers, code, constants, relocated constants, data and bss, and the heap that its library took.</summary>
    private static ProgramImage ShellAs(Region[] captured) => new(
        captured[0].Name, captured[1].Pages * Page, captured[2].Pages * Page, captured[4].Pages * Page, captured[5].Pages * Page,
        StartedBytes: 64 << 10, DirtiedBytes: 40 << 10, Libraries: [])
    {
        HasFixedAddress = true,
        HeaderBytes = captured[0].Pages * Page,
        RelocatedBytes = captured[3].Pages * Page,
        HeapBytes = captured[6].Pages * Page,
    };

    private static Process Run(Machine machine, ProgramImage image, ulong mapped = 0, bool touches = false)
    {
        var task = machine.Spawn(new Mapper(image, mapped, touches))!;
        for (var i = 0; i < 10_000 && task.Request.Kind != RequestKind.Pause; i++)
        {
            machine.RunUntil(machine.Now.Plus(Kernel.Time.SimTime.FromMilliseconds(1)));
        }

        return task;
    }

    /// <summary>The areas of a task as maps would show them.</summary>
    private static Region[] RegionsOf(Machine machine, Process task)
    {
        var mm = machine.Memory[task.MemoryId];
        return [.. mm.Areas.Select(area => new Region(
            UserSpace.AddressOf(area.StartPage), UserSpace.AddressOf(area.EndPage), RightsOf(area),
            area.Inode == 0 ? 0 : UserSpace.AddressOf(area.FirstIndex), NameOf(mm, area)))];
    }

    private static string RightsOf(Vma area) =>
        (area.Has(VmaFlags.Read) ? "r" : "-") + (area.Has(VmaFlags.Write) ? "w" : "-") + (area.Has(VmaFlags.Execute) ? "x" : "-")
        + (area.Has(VmaFlags.MayShare) ? "s" : "p");

    private static string NameOf(MemoryDescriptor mm, Vma area)
    {
        var (start, end) = (UserSpace.AddressOf(area.StartPage), UserSpace.AddressOf(area.EndPage));
        if (area.Inode != 0) return "/file";
        if (start <= mm.Brk && end > mm.StartBrk) return "[heap]";
        if (start <= mm.StartStack && end > mm.StartStack) return "[stack]";
        return area.Has(VmaFlags.PfnMap) ? "[vvar]" : area.Has(VmaFlags.DontExpand | VmaFlags.Execute) ? "[vdso]" : "";
    }

    /// <summary>Maps once, touches it if asked to, and waits.</summary>
    private sealed class Mapper(ProgramImage image, ulong bytes, bool touches) : UserProgram
    {
        private int _step = bytes == 0 ? 2 : 0;

        public override ProgramImage Image => image;

        public override Request Next(in Reply last) => (_step++) switch
        {
            0 => new Request(RequestKind.Mmap, bytes, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous)),
            1 when touches => new Request(RequestKind.Touch, (ulong)last.Value, bytes, (ulong)TouchKind.Write),
            _ => new Request(RequestKind.Pause),
        };

        public override UserProgram Clone() => (UserProgram)MemberwiseClone();

        public override void HashInto(StateHash hash) => hash.Add((long)_step);
    }
}
