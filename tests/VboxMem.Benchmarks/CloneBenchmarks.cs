// Question: what does a copy of a machine cost, by how much of its memory has been used?

using BenchmarkDotNet.Attributes;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Benchmarks;

public class CloneBenchmarks
{
    private Machine _machine = null!;

    /// <summary>Of 2 GiB.</summary>
    [Params(0, 50, 90)]
    public int UsedPercent { get; set; }

    [GlobalSetup]
    public void Boot()
    {
        _machine = Machine.Boot(new MachineConfiguration { RamBytes = 2UL << 30, Cpus = 2 });
        for (var pages = 0L; pages < (2L << 18) * UsedPercent / 100; pages++)
        {
            _machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out _);
        }
    }

    [GlobalCleanup]
    public void Dispose() => _machine.Dispose();

    [Benchmark]
    public void Clone() => _machine.Clone().Dispose();

    [Benchmark]
    public ulong StateHash() => _machine.ComputeStateHash();
}
