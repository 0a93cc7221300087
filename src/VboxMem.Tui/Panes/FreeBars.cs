using VboxMem.Tools;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>The bars of the free pane: what all memory is, what of it could be had, swap, and what has been promised.</summary>
internal static class FreeBars
{
    private const int LabelWidth = 10;

    private static readonly (string Name, char Letter, Role Role)[] _owners =
    [
        ("anonymous", 'a', Role.Anon), ("shared", 's', Role.Shmem), ("files", 'f', Role.File), ("buffers", 'b', Role.Buffers),
        ("slab", 'l', Role.Slab), ("kernel", 'k', Role.Kernel), ("free", '.', Role.Free),
    ];

    public static void Write(Sheet sheet, Meminfo meminfo, MemoryFigures figures, int width)
    {
        WriteOwners(sheet, meminfo, figures, width);
        Bar(sheet, width, "available", [new BarPart(figures.Available, Role.Good, '|')], figures.Total,
            $"{Sizes.Kilobytes(Clamped(figures.Available))} of {Sizes.Kilobytes(Clamped(figures.Total))}, {Figure.Percent(figures.Available, figures.Total)}");
        if (figures.SwapTotal > 0)
        {
            Bar(sheet, width, "swap", [new BarPart(figures.SwapUsed, Role.Swap, '|')], figures.SwapTotal,
                $"{Sizes.Kilobytes(Clamped(figures.SwapUsed))} of {Sizes.Kilobytes(Clamped(figures.SwapTotal))}, {Figure.Percent(figures.SwapUsed, figures.SwapTotal)}");
        }

        if (meminfo.CommitLimit is null) return;
        Bar(sheet, width, "promised", [new BarPart(figures.Committed, figures.Committed > figures.CommitLimit ? Role.Warning : Role.Kernel, '|')], figures.CommitLimit,
            $"{Sizes.Kilobytes(Clamped(figures.Committed))} of {Sizes.Kilobytes(Clamped(figures.CommitLimit))}, {Figure.Percent(figures.Committed, figures.CommitLimit)}");
    }

    private static void WriteOwners(Sheet sheet, Meminfo meminfo, MemoryFigures figures, int width)
    {
        var shared = meminfo.Shmem ?? 0;
        var cached = meminfo.Cached ?? 0;
        Span<ulong> amounts =
        [
            meminfo.Fields["AnonPages"u8] ?? 0, shared, cached > shared ? cached - shared : 0, meminfo.Buffers ?? 0,
            meminfo.Fields["Slab"u8] ?? 0, 0, Clamped(figures.Free),
        ];
        var known = 0UL;
        foreach (var amount in amounts) known += amount;
        var total = Clamped(figures.Total);
        amounts[5] = total > known ? total - known : 0;   // what no line of meminfo is for belongs to the kernel

        var parts = new BarPart[_owners.Length];
        for (var i = 0; i < parts.Length; i++) parts[i] = new BarPart(amounts[i], _owners[i].Role, _owners[i].Letter);
        Bar(sheet, width, "memory", parts, total, "");
        sheet.Line();
        var x = LabelWidth + 1;
        for (var i = 0; i < parts.Length; i++)
        {
            var text = $"{_owners[i].Letter} {_owners[i].Name} {Sizes.Kilobytes(amounts[i])}";
            if (x + text.Length > width)
            {
                sheet.Line();
                x = LabelWidth + 1;
            }

            x = sheet.Write(x, text, _owners[i].Role) + 2;
        }
    }

    private static void Bar(Sheet sheet, int width, string label, BarPart[] parts, double total, string text)
    {
        sheet.Line();
        sheet.Write(1, label, Role.Label);
        sheet.Bar(LabelWidth, Math.Max(width - LabelWidth - 1, 3), parts, total, text);
    }

    private static ulong Clamped(long figure) => (ulong)Math.Max(figure, 0);
}
