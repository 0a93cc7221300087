using VboxMem.Kernel;
using VboxMem.Kernel.Net;

namespace VboxMem.Procfs.Debug;

/// <summary>Renders <c>/sys/kernel/debug/vbox/services</c>: what clients outside the box have measured since boot, in microseconds, rounded up.</summary>
internal static class Services
{
    private const ulong NanosecondsPerMicrosecond = 1000;
    private const int NameWidth = 16;
    private const int FigureWidth = 11;

    public static void Render(Machine machine, ProcText text)
    {
        text.TextLeft("name", NameWidth);
        foreach (var column in (ReadOnlySpan<string>)["count", "p50", "p90", "p99", "max"])
        {
            text.Literal(" "u8).TextRight(column, FigureWidth);
        }

        text.NewLine();
        foreach (var (name, times) in machine.ServiceTimes.Services)
        {
            text.TextLeft(name, NameWidth).Literal(" "u8).Number(times.Count, FigureWidth);
            Microseconds(times.PercentileNanoseconds(500), text);
            Microseconds(times.PercentileNanoseconds(900), text);
            Microseconds(times.PercentileNanoseconds(990), text);
            Microseconds(times.MaxNanoseconds, text);
            text.NewLine();
        }
    }

    private static void Microseconds(ulong nanoseconds, ProcText text) =>
        text.Literal(" "u8).Number((nanoseconds + NanosecondsPerMicrosecond - 1) / NanosecondsPerMicrosecond, FigureWidth);
}
