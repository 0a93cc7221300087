// Bars of CPU time, memory and swap, alike in all panes. Each part of a bar is filled with its letter:
//
//   CPU     u user, n nice, s system, i interrupts, w waiting for disks, t stolen by the host
//   memory  a anonymous, b buffers, c cache, m shmem, s slab, r the rest; the figure is what free calls used: total - available

using System.Globalization;
using VboxMem.Tools;
using VboxMem.Tools.Top;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

internal static class MachineBars
{
    /// <summary>Width of the names in front of the bars.</summary>
    public const int LabelWidth = 4;

    /// <summary>Draws one CPU, or all of them together.</summary>
    public static void DrawCpu(Canvas canvas, Rect row, string label, in CpuPercents cpu, bool isKnown)
    {
        canvas.Write(row, 0, 0, label, Role.Label);
        var busy = 100 - cpu.Idle - cpu.IoWait;
        Bar.Draw(
            canvas, row.RightOf(LabelWidth),
            isKnown
                ? [
                    new BarPart(cpu.User, Role.User, 'u'), new BarPart(cpu.Nice, Role.Nice, 'n'), new BarPart(cpu.System, Role.System, 's'),
                    new BarPart(cpu.Irq + cpu.SoftIrq, Role.LineC, 'i'), new BarPart(cpu.IoWait, Role.IoWait, 'w'), new BarPart(cpu.Steal, Role.LineB, 't'),
                ]
                : [],
            100, isKnown ? Sizes.Fixed(busy, 1) + "%" : "-");
    }

    public static void DrawMemory(Canvas canvas, Rect row, ScreenView view)
    {
        canvas.Write(row, 0, 0, "Mem", Role.Label);
        if (view.Now.Meminfo is not { IsThere: true } meminfo)
        {
            canvas.Write(row, LabelWidth, 0, view.Now.Meminfo.Problem, Role.Warning);
            return;
        }

        var parts = MemoryParts.Of(meminfo.Value);
        Bar.Draw(
            canvas, row.RightOf(LabelWidth),
            [
                new BarPart(parts.Anonymous, Role.Anon, 'a'), new BarPart(parts.Buffers, Role.Buffers, 'b'), new BarPart(parts.Cache, Role.File, 'c'),
                new BarPart(parts.Shmem, Role.Shmem, 'm'), new BarPart(parts.Slab, Role.Slab, 's'), new BarPart(parts.Rest, Role.Kernel, 'r'),
            ],
            parts.Total, $" used {Sizes.Kilobytes((ulong)Math.Max(MemoryFigures.From(meminfo.Value).Used, 0))}/{Sizes.Kilobytes(parts.Total)}");
    }

    public static void DrawSwap(Canvas canvas, Rect row, ScreenView view)
    {
        canvas.Write(row, 0, 0, "Swp", Role.Label);
        if (view.Now.Meminfo is not { IsThere: true } meminfo) return;
        var figures = MemoryFigures.From(meminfo.Value);
        if (figures.SwapTotal == 0)
        {
            canvas.Write(row, LabelWidth, 0, "no swap", Role.Dim);
            return;
        }

        Bar.Draw(
            canvas, row.RightOf(LabelWidth), [new BarPart(figures.SwapUsed, Role.Swap, 'u')], figures.SwapTotal,
            $"{Sizes.Kilobytes((ulong)figures.SwapUsed)}/{Sizes.Kilobytes((ulong)figures.SwapTotal)}");
    }
}
