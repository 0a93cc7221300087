using VboxMem.Kernel;
using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Time;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/pressure/{cpu,io,memory}</c>: averages in per cent, totals in microseconds.</summary>
/// <remarks>kernel/sched/psi.c: psi_show (facts: reclaim, 11). Departs: read-only; Linux takes triggers as writes, and nothing could poll for them here.</remarks>
internal static class Pressure
{
    public static IEnumerable<ProcFile> Files()
    {
        // For the machine as a whole "full" of cpu is undefined; Linux prints zeros.
        yield return File("cpu", StallStates.CpuSome, StallStates.None);
        yield return File("io", StallStates.IoSome, StallStates.IoFull);
        yield return File("memory", StallStates.MemorySome, StallStates.MemoryFull);
    }

    private static ProcFile File(string resource, StallStates some, StallStates full) =>
        new($"/proc/pressure/{resource}", FileModes.ReadAll, (machine, text) =>
        {
            RenderLine("some"u8, FiguresOf(machine, some), text);
            RenderLine("full"u8, FiguresOf(machine, full), text);
        });

    private static StallFigures FiguresOf(Machine machine, StallStates state) =>
        state == StallStates.None ? default : machine.Stalls.ReadAt(state, machine.Now);

    private static void RenderLine(ReadOnlySpan<byte> name, in StallFigures figures, ProcText text)
    {
        text.Literal(name).Literal(" avg10="u8).Hundredths(figures.Average10);
        text.Literal(" avg60="u8).Hundredths(figures.Average60);
        text.Literal(" avg300="u8).Hundredths(figures.Average300);
        text.Literal(" total="u8).Number(figures.Total.Nanoseconds / 1000).NewLine();
    }
}
