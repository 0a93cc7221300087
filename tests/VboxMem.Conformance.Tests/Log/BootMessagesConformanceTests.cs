// Goal: the box boots with the words of a real kernel.
// Method: fed the figures of a captured machine, the messages must be the captured log, text for text and in its order, less the
// lines of kinds we do not write. Times are not compared: those of the captures are an emulator's.

using System.Text;
using System.Text.RegularExpressions;
using VboxMem.Kernel.Log;
using VboxMem.Testing;
using Capture = VboxMem.Testing.Capture;

namespace VboxMem.Conformance.Tests.Log;

public sealed partial class BootMessagesConformanceTests
{
    // A worker unpacks the RAM disk beside the rest of boot: in one capture its line comes after the next one.
    private const string Unpacking = "Trying to unpack rootfs image as initramfs...";

    public static TheoryData<string> BootShapes => new(Capture.Shapes.Where(shape => !shape.EndsWith("/after", StringComparison.Ordinal)));

    [Theory, MemberData(nameof(BootShapes))]
    public void Messages_are_those_of_the_captured_log(string shape)
    {
        var capture = Capture.Load(shape);
        var log = new KernelLog();

        BootMessages.Print(log, CapturedBoot.Facts(capture));

        var expected = capture.Log.Lines.Select(line => line.Text).Where(text => KindsWritten().IsMatch(text)).ToList();
        var actual = Texts(log);
        Assert.True(expected.Remove(Unpacking));
        Assert.True(actual.Remove(Unpacking));
        Assert.Equal(expected, actual);
    }

    [Theory, MemberData(nameof(BootShapes))]
    public void Every_captured_log_has_all_kinds_but_those_its_shape_excludes(string shape)
    {
        var capture = Capture.Load(shape);
        var kinds = KindsWritten().GetGroupNumbers().Length - 1;

        var found = capture.Log.Lines
            .Select(line => KindsWritten().Match(line.Text))
            .Where(match => match.Success)
            .Select(match => Enumerable.Range(1, kinds).First(kind => match.Groups[kind].Success))
            .Distinct()
            .Count();

        // swiotlb's three lines need RAM above 4 GiB, the faked node one node, the two SMP lines a second CPU,
        // deferred set-up a node that is not small.
        Assert.InRange(found, kinds - 7, kinds);
    }

    [Fact]
    public void Times_never_go_back_and_grow_with_the_cpus_to_start()
    {
        var two = new KernelLog();
        var eight = new KernelLog();

        var twoReady = BootMessages.Print(two, CapturedBoot.Facts(Capture.Load("ram-1g")));
        var eightReady = BootMessages.Print(eight, CapturedBoot.Facts(Capture.Load("cpus-8-1g")));

        Assert.Equal(twoReady, eightReady);   // CPUs start while boot waits for devices
        Assert.True(TimeOf(eight, "smp: Brought up") > TimeOf(two, "smp: Brought up"));
        var previous = 0L;
        foreach (var record in eight.RecordsFrom(0))
        {
            Assert.True(record.Nanoseconds >= previous);
            previous = record.Nanoseconds;
        }
    }

    [Fact]
    public void The_version_is_a_notice_and_the_map_of_units_a_debug_message()
    {
        var log = new KernelLog();
        BootMessages.Print(log, CapturedBoot.Facts(Capture.Load("ram-1g")));

        Assert.Equal(LogLevel.Notice, LevelOf(log, "Linux version"));
        Assert.Equal(LogLevel.Debug, LevelOf(log, "pcpu-alloc: [0]"));
        Assert.Equal(LogLevel.Info, LevelOf(log, "Freeing initrd"));
    }

    private static List<string> Texts(KernelLog log)
    {
        var texts = new List<string>();
        foreach (var record in log.RecordsFrom(0)) texts.Add(Encoding.UTF8.GetString(record.Text));
        return texts;
    }

    private static long TimeOf(KernelLog log, string start)
    {
        log.TryRead(Find(log, start), out var record);
        return record.Nanoseconds;
    }

    private static LogLevel LevelOf(KernelLog log, string start)
    {
        log.TryRead(Find(log, start), out var record);
        return record.Level;
    }

    private static ulong Find(KernelLog log, string start) =>
        (ulong)Texts(log).FindIndex(text => text.StartsWith(start, StringComparison.Ordinal));

    [GeneratedRegex("""
        ^(?:(Linux\ version)|(Command\ line:)|(BIOS-)|(e820:\ update)|(e820:\ remove)|(last_pfn)|(RAMDISK)|(No\ NUMA)|(Faking)
        |(Zone\ ranges)|(\ \ (?:DMA|DMA32|Normal|Device)\ )|(Movable\ zone)|(Early\ memory)|(\ \ node\ )|(Initmem)|(On\ node)
        |(CPU\ topo:\ Allowing)|(setup_percpu)|(percpu)|(pcpu-alloc:)|(Kernel\ command)|(.*\ hash\ table\ entries:\ \d+\ \(order:)|(TCP:\ Hash)
        |(Fallback)|(Built)|(Policy\ zone)|(mem\ auto-init)|(software\ IO\ TLB:\ area)|(SLUB)|(smp:\ Bringing)|(smpboot:\ x86:\ Booting)
        |(\.\.\.\.\ node)|(smp:\ Brought)|(node\ \d+\ deferred)|(Memory:)|(x86/mm:\ Memory\ block)|(HugeTLB)|(PCI-DMA)|(software\ IO\ TLB:\ mapped)
        |(Trying\ to\ unpack)|(workingset)|(Freeing\ initrd)|(Freeing\ unused)|(Write\ protecting)|(Run\ ))
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex KindsWritten();
}
