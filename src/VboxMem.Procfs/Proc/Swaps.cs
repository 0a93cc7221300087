using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Swap;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/swaps</c>: a heading, and a row for each area in the order of its number.</summary>
/// <remarks>mm/swapfile.c: swap_show (facts: reclaim, 6.1). An area that a swapoff is emptying is still there.</remarks>
internal static class Swaps
{
    private const int TypeColumn = 40;

    /// <summary>Below it a figure takes one tab stop, and a second tab follows.</summary>
    private const long WideKilobytes = 10_000_000;

    public static void Render(Machine machine, ProcText text)
    {
        text.Literal("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"u8);
        foreach (var area in machine.Swap.Areas)
        {
            if (area is not null)
            {
                RenderRow(area, text);
            }
        }
    }

    private static void RenderRow(SwapArea area, ProcText text)
    {
        text.Text(area.Name);
        for (var column = Math.Min(Encoding.UTF8.GetByteCount(area.Name), TypeColumn - 1); column < TypeColumn; column++)
        {
            text.Literal(" "u8);
        }

        text.Literal("partition\t"u8);
        Column(area.UsablePages, text);
        Column(area.UsedSlots, text);
        text.Number((long)area.Priority).NewLine();
    }

    private static void Column(long pages, ProcText text)
    {
        var kilobytes = pages * 4;
        text.Number(kilobytes).Literal(kilobytes < WideKilobytes ? "\t\t"u8 : "\t"u8);
    }
}
