// Question: how long does a machine take to boot, and how much managed memory, by its size?

using BenchmarkDotNet.Attributes;
using VboxMem.Kernel;

namespace VboxMem.Benchmarks;

[MemoryDiagnoser]
public class BootBenchmarks
{
    [Params(2, 64, 1024)]
    public int Gibibytes { get; set; }

    [Benchmark]
    public ulong Boot()
    {
        using var machine = Machine.Boot(new MachineConfiguration { RamBytes = (ulong)Gibibytes << 30, Cpus = Gibibytes >= 1024 ? 64 : 2 });
        return machine.Now.Nanoseconds;
    }
}
