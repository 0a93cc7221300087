// Question: what does a page cost that a program touches for the first time, touches again, shares with a child, or unmaps, and
// does it cost any managed memory?

using BenchmarkDotNet.Attributes;
using VboxMem.Cli.Bench;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Benchmarks;

[MemoryDiagnoser]
public class TouchBenchmarks
{
    private const ulong PageBytes = 4096;
    private const int Pages = 1 << 18;

    private BenchBox _box = null!;
    private ulong _touched;

    /// <summary>Huge pages at every fault that can have one; Linux's own default is small ones unless asked.</summary>
    [Params(false, true)]
    public bool HasHugePages { get; set; }

    [GlobalSetup]
    public void Boot()
    {
        _box = BenchBox.Boot(new MachineConfiguration { RamBytes = 8UL << 30, Cpus = 2 }, HasHugePages);
        _touched = _box.Map(Pages * PageBytes);
        _box.Touch(_touched, Pages * PageBytes, TouchKind.Write);
    }

    [GlobalCleanup]
    public void Dispose() => _box.Dispose();

    /// <summary>Fresh pages, taken, mapped and given back.</summary>
    [Benchmark(OperationsPerInvoke = Pages)]
    public void TouchAndUnmap()
    {
        var region = _box.Map(Pages * PageBytes);
        _box.Touch(region, Pages * PageBytes, TouchKind.Write);
        _box.Unmap(region, Pages * PageBytes);
    }

    [Benchmark(OperationsPerInvoke = Pages)]
    public void TouchAgain() => _box.Touch(_touched, Pages * PageBytes, TouchKind.Write);

    /// <summary>A fork of a program of that many pages, and the exit of the child.</summary>
    [Benchmark(OperationsPerInvoke = Pages)]
    public void ForkAndExit()
    {
        _box.Do(new Request(RequestKind.Fork, Program: BenchProgram.Child()));
        _box.Ask(new Request(RequestKind.WaitChild));
    }
}
