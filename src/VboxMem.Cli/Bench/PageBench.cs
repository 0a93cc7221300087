using System.Diagnostics;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Cli.Bench;

/// <summary>Allocating and freeing pages, one at a time and in streaks. The best of several rounds counts.</summary>
internal static class PageBench
{
    private static readonly TimeSpan _warmUp = TimeSpan.FromMilliseconds(500);

    private const int Rounds = 7;
    private const int StreakPages = 20_000;
    private const int StreakHugePages = 400;

    /// <summary>Each row is one allocation and its free.</summary>
    public static IReadOnlyList<OperationResult> Run()
    {
        using var machine = Machine.Boot(new MachineConfiguration { RamBytes = 4UL << 30, Cpus = 2 });
        var host = HostPages.TryCreate();
        return
        [
            new("page, allocated and freed", BestOf(() => Pairs(machine, 0, 200_000)), null),
            new("pages, a streak of each", BestOf(() => Streaks(machine, 0, StreakPages)), host?.NanosecondsPerPage()),
            new("2 MiB block, allocated and freed", BestOf(() => Pairs(machine, PageGeometry.PageblockOrder, 100_000)), null),
            new("2 MiB blocks, a streak of each", BestOf(() => Streaks(machine, PageGeometry.PageblockOrder, StreakHugePages)), host?.NanosecondsPerHugePage()),
        ];
    }

    private static double BestOf(Func<double> measure)
    {
        // Long enough for the compiler to have done with the code that is measured.
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < _warmUp)
        {
            measure();
        }

        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            best = Math.Min(best, measure());
        }

        return best;
    }

    private static double Pairs(Machine machine, int order, int times)
    {
        var start = BenchClock.Now;
        for (var i = 0; i < times; i++)
        {
            machine.Allocator.Free(Allocate(machine, order));
        }

        return BenchClock.Since(start) / times;
    }

    private static double Streaks(Machine machine, int order, int length)
    {
        var held = new Pfn[length];
        const int Repeats = 20;
        var start = BenchClock.Now;
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            for (var i = 0; i < held.Length; i++)
            {
                held[i] = Allocate(machine, order);
            }

            foreach (var block in held)
            {
                machine.Allocator.Free(block);
            }
        }

        return BenchClock.Since(start) / (Repeats * (double)length);
    }

    private static Pfn Allocate(Machine machine, int order)
    {
        var done = machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, order, FrameOwner.Anonymous, out var block);
        Invariant.Holds(done);
        return block;
    }
}
