// Question: what does a page of a file cost that is read from the cache, or for which reclaim must first make room, and does it
// cost any managed memory?

using BenchmarkDotNet.Attributes;
using VboxMem.Cli.Bench;
using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Benchmarks;

[MemoryDiagnoser]
public class PageCacheBenchmarks
{
    private const ulong PageBytes = 4096;
    private const int CachedPages = 1 << 16;
    private const int ManyPages = 1 << 18;

    private BenchBox _box = null!;
    private ulong _cached;
    private ulong _large;

    [GlobalSetup]
    public void Boot()
    {
        var disk = new DiskConfiguration("vda", 8UL << 30, 2_000_000_000, 1_000_000_000, 80_000, 0, IsRotational: false);
        var configuration = new MachineConfiguration
        {
            RamBytes = 512UL << 20, Cpus = 2, Disks = [disk], Mounts = [new MountConfiguration("/", 0)],
        };
        _box = BenchBox.Boot(configuration, hasHugePages: false);
        _cached = Open("/srv/cached", CachedPages);
        _large = Open("/srv/large", ManyPages);
    }

    [GlobalCleanup]
    public void Dispose() => _box.Dispose();

    [GlobalSetup(Target = nameof(ReadCached))]
    public void Fill()
    {
        Boot();
        ReadCached();
    }

    [Benchmark(OperationsPerInvoke = CachedPages)]
    public void ReadCached() => Read(_cached, CachedPages);

    /// <summary>A file twice the size of memory: each page is read from the disk, and another one is reclaimed for it.</summary>
    [Benchmark(OperationsPerInvoke = ManyPages)]
    public void ReadThroughFullMemory() => Read(_large, ManyPages);

    private ulong Open(string path, ulong pages) =>
        _box.Ask(new Request(RequestKind.Open, (ulong)OpenFlags.Create, pages * PageBytes, Path: path));

    private void Read(ulong descriptor, ulong pages)
    {
        _box.Do(new Request(RequestKind.Seek, descriptor));
        _box.Do(new Request(RequestKind.Read, descriptor, pages * PageBytes));
    }
}
