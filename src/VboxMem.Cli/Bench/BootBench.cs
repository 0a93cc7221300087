using System.Diagnostics;
using VboxMem.Kernel;

namespace VboxMem.Cli.Bench;

/// <summary>Booting machines of three sizes.</summary>
internal static class BootBench
{
    /// <param name="Name">The machine.</param>
    /// <param name="Milliseconds">The best of several boots.</param>
    /// <param name="ResidentMebibytes">What the process had in RAM with the machine booted.</param>
    public sealed record Result(string Name, double Milliseconds, double ResidentMebibytes);

    private const int Boots = 3;

    public static IReadOnlyList<Result> Run() =>
    [
        Measure("2 GiB, 2 CPUs", new MachineConfiguration { RamBytes = 2UL << 30, Cpus = 2 }),
        Measure("64 GiB, 16 CPUs", new MachineConfiguration { RamBytes = 64UL << 30, Cpus = 16 }),
        Measure("1 TiB, 64 CPUs", new MachineConfiguration { RamBytes = 1UL << 40, Cpus = 64 }),
    ];

    private static Result Measure(string name, MachineConfiguration configuration)
    {
        var (best, resident) = (double.MaxValue, 0.0);
        for (var boot = 0; boot < Boots; boot++)
        {
            var start = Stopwatch.GetTimestamp();
            using var machine = Machine.Boot(configuration);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            using var process = Process.GetCurrentProcess();
            resident = process.WorkingSet64 / (double)(1 << 20);
        }

        return new Result(name, best, resident);
    }
}
