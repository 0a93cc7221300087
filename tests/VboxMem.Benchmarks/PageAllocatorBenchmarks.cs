// Question: what does a page cost to allocate and to free, and does it cost any managed memory?

using BenchmarkDotNet.Attributes;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Benchmarks;

[MemoryDiagnoser]
public class PageAllocatorBenchmarks
{
    private const int Streak = 10_000;
    private readonly Pfn[] _held = new Pfn[Streak];
    private Machine _machine = null!;

    /// <summary>0: single pages; 3: the largest order below the costly ones; 9: huge pages; 10: beside the per-CPU lists.</summary>
    [Params(0, 3, 9, 10)]
    public int Order { get; set; }

    [GlobalSetup]
    public void Boot() => _machine = Machine.Boot(new MachineConfiguration { RamBytes = 64UL << 30, Cpus = 2 });

    [GlobalCleanup]
    public void Dispose() => _machine.Dispose();

    /// <summary>One block, given back at once: the per-CPU list's best case.</summary>
    [Benchmark]
    public void AllocateAndFree()
    {
        _machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, Order, FrameOwner.Anonymous, out var block);
        _machine.Allocator.Free(block);
    }

    /// <summary>A streak of allocations, then a streak of frees: refills, drains, splits and merges.</summary>
    [Benchmark(OperationsPerInvoke = Streak)]
    public void Streaks()
    {
        for (var i = 0; i < _held.Length; i++)
        {
            _machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, Order, FrameOwner.Anonymous, out _held[i]);
        }

        foreach (var block in _held)
        {
            if (block != Pfn.None)
            {
                _machine.Allocator.Free(block);
            }
        }
    }
}
