using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Cli.Bench;

/// <summary>What programs do with memory and files, each time on the simulated box and on the host. The best of several rounds counts.</summary>
/// <remarks>A huge page counts as one page in its row, here and on the host.</remarks>
internal static class MemoryBench
{
    private const ulong PageBytes = 4096;
    private const ulong HugePageBytes = 2 << 20;
    private const ulong RegionBytes = 1UL << 30;
    private const ulong FileBytes = 512UL << 20;
    /// <summary>Enough for the compiler to have done, by its own leisurely rules, with the code that is measured.</summary>
    private const int Rounds = 15;
    private const int TouchesAgain = 5;
    private const string FilePath = "/srv/bench";

    public static IReadOnlyList<OperationResult> Run()
    {
        var host = HostMemory.TryMeasure();
        var file = HostFile.TryMeasure();
        var results = new List<OperationResult>();
        AddSmallPages(results, host);
        AddHugePages(results, host);
        AddFilePages(results, file);
        AddReclaim(results);
        return results;
    }

    private static void AddSmallPages(List<OperationResult> results, HostMemory? host)
    {
        using var box = BenchBox.Boot(new MachineConfiguration { RamBytes = 4UL << 30, Cpus = 2 }, hasHugePages: false);
        var (first, again, unmap, fork) = (double.MaxValue, double.MaxValue, double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            var bare = Fork(box);
            var region = box.Map(RegionBytes);
            first = Math.Min(first, box.Touch(region, RegionBytes, TouchKind.Write));
            var total = 0.0;
            for (var i = 0; i < TouchesAgain; i++)
            {
                total += box.Touch(region, RegionBytes, TouchKind.Write);
            }

            again = Math.Min(again, total / TouchesAgain);
            fork = Math.Min(fork, Math.Max(0, Fork(box) - bare));
            unmap = Math.Min(unmap, box.Unmap(region, RegionBytes));
            box.Settle();
        }

        const double Pages = RegionBytes / PageBytes;
        results.Add(new("first touch, anonymous 4 KiB page", first / Pages, host?.FirstTouch));
        results.Add(new("touch again", again / Pages, host?.TouchAgain));
        results.Add(new("unmap", unmap / Pages, host?.Unmap));
        results.Add(new("fork, a page it shares", fork / Pages, host?.Fork));
    }

    /// <summary>A fork alone: its child has exited, and been waited for, outside of what is timed.</summary>
    private static double Fork(BenchBox box)
    {
        var nanoseconds = box.Do(new Request(RequestKind.Fork, Program: BenchProgram.Child()));
        box.Settle();
        box.Ask(new Request(RequestKind.WaitChild));
        return nanoseconds;
    }

    private static void AddHugePages(List<OperationResult> results, HostMemory? host)
    {
        using var box = BenchBox.Boot(new MachineConfiguration { RamBytes = 4UL << 30, Cpus = 2 }, hasHugePages: true);
        var touch = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var region = box.Map(RegionBytes + HugePageBytes);
            var aligned = (region + HugePageBytes - 1) & ~(HugePageBytes - 1);
            touch = Math.Min(touch, box.Touch(aligned, RegionBytes, TouchKind.Write));
            box.Unmap(region, RegionBytes + HugePageBytes);
        }

        results.Add(new("first touch, 2 MiB page", touch / (RegionBytes / HugePageBytes), host?.HugeTouch));
    }

    private static void AddFilePages(List<OperationResult> results, HostFile? host)
    {
        using var box = BenchBox.Boot(WithDisk(2UL << 30), hasHugePages: false);
        var descriptor = box.Ask(new Request(RequestKind.Open, (ulong)OpenFlags.Create, FileBytes, Path: FilePath));
        var (read, pageOut) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            Read(box, descriptor, FileBytes);   // into the cache
            read = Math.Min(read, Read(box, descriptor, FileBytes));
            var mapping = box.Ask(new Request(RequestKind.Mmap, FileBytes, (ulong)(MapFlags.Read | MapFlags.Shared), descriptor));
            box.Touch(mapping, FileBytes, TouchKind.Read);
            pageOut = Math.Min(pageOut, box.Do(new Request(RequestKind.Madvise, mapping, FileBytes, (ulong)Advice.PageOut)));
            box.Unmap(mapping, FileBytes);
            box.Settle();
        }

        const double Pages = FileBytes / PageBytes;
        results.Add(new("read of a cached file", read / Pages, host?.CachedRead));
        results.Add(new("reclaim of clean cache, MADV_PAGEOUT", pageOut / Pages, host?.PageOut));
    }

    /// <summary>
    /// Memory full of clean cache, and a program that touches fresh pages: what it takes longer than on an empty box is the
    /// work of reclaim, per page that reclaim looks at. The host has no such row: its memory is not ours to fill.
    /// </summary>
    /// <remarks>All boxes live the same life to the nanosecond, so that the best of what it takes is taken of each part apart.</remarks>
    private static void AddReclaim(List<OperationResult> results)
    {
        const ulong Ram = 1UL << 30;
        var (disturbed, undisturbed, scanned) = (double.MaxValue, double.MaxValue, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            using var box = BenchBox.Boot(WithDisk(Ram), hasHugePages: false);
            TouchFresh(box);   // so that the descriptors of these pages are in the host's memory from here on
            undisturbed = Math.Min(undisturbed, TouchFresh(box));

            var descriptor = box.Ask(new Request(RequestKind.Open, (ulong)OpenFlags.Create, Ram, Path: FilePath));
            Read(box, descriptor, Ram);
            box.Settle();
            var before = ScannedPages(box.Machine);
            disturbed = Math.Min(disturbed, TouchFresh(box));
            scanned = ScannedPages(box.Machine) - before;
        }

        results.Add(new("reclaim of clean cache, a page scanned", (disturbed - undisturbed) / scanned, null));
    }

    /// <summary>A region of fresh pages, touched and given back.</summary>
    /// <returns>What the touching took.</returns>
    private static double TouchFresh(BenchBox box)
    {
        var region = box.Map(FileBytes);
        var nanoseconds = box.Touch(region, FileBytes, TouchKind.Write);
        box.Unmap(region, FileBytes);
        return nanoseconds;
    }

    private static double ScannedPages(Machine machine) =>
        machine.Events[VboxMem.Kernel.Accounting.VmEvent.PgScanKswapd] + machine.Events[VboxMem.Kernel.Accounting.VmEvent.PgScanDirect];

    private static double Read(BenchBox box, ulong descriptor, ulong bytes)
    {
        box.Do(new Request(RequestKind.Seek, descriptor));
        return box.Do(new Request(RequestKind.Read, descriptor, bytes));
    }

    private static MachineConfiguration WithDisk(ulong ramBytes) => new()
    {
        RamBytes = ramBytes,
        Cpus = 2,
        Disks =
        [
            new DiskConfiguration(
                "vda", Bytes: 8UL << 30, ReadBytesPerSecond: 2_000_000_000, WriteBytesPerSecond: 1_000_000_000,
                LatencyNanoseconds: 80_000, SeekNanoseconds: 0, IsRotational: false),
        ],
        Mounts = [new MountConfiguration("/", 0)],
    };
}
