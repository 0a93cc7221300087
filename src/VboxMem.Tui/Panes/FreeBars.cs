using VboxMem.Tools;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>The bars of the free pane: what all memory is, what of it could be had, swap, and what has been promised.</summary>
internal static class FreeBars
{
    private const int LabelWidth = 11;
    private const int Rest = 6;

    /// <summary>With the letters of the bar in the overview.</summary>
    private static readonly (string Name, char Letter, Role Role)[] _owners =
    [
        ("anonymous", 'a', Role.Anon), ("shmem", 'm', Role.Shmem), ("cache", 'c', Role.File), ("buffers", 'b', Role.Buffers),
        ("swap cache", 'w', Role.SwapCache), ("slab", 's', Role.Slab), ("rest", 'r', Role.Kernel), ("free", '.', Role.Free),
    ];

    public static void Write(Sheet sheet, Meminfo meminfo, MemoryFigures figures, int width)
    {
        WriteOwners(sheet, meminfo, figures, width);
        Bar(sheet, width, "available", "MemAvailable", [new BarPart(figures.Available, Role.Good, '|')], figures.Total,
            $" {Sizes.Kilobytes(Clamped(figures.Available))} of {Sizes.Kilobytes(Clamped(figures.Total))}, {Figure.Percent(figures.Available, figures.Total)}");
        if (figures.SwapTotal > 0)
        {
            Bar(sheet, width, "swap", "SwapFree", [new BarPart(figures.SwapUsed, Role.Swap, '|')], figures.SwapTotal,
                $" {Sizes.Kilobytes(Clamped(figures.SwapUsed))} of {Sizes.Kilobytes(Clamped(figures.SwapTotal))}, {Figure.Percent(figures.SwapUsed, figures.SwapTotal)}");
        }

        if (meminfo.CommitLimit is null) return;
        Bar(sheet, width, "promised", "Committed_AS", [new BarPart(figures.Committed, figures.Committed > figures.CommitLimit ? Role.Warning : Role.Kernel, '|')], figures.CommitLimit,
            $" {Sizes.Kilobytes(Clamped(figures.Committed))} of {Sizes.Kilobytes(Clamped(figures.CommitLimit))}, {Figure.Percent(figures.Committed, figures.CommitLimit)}");
    }

    private static void WriteOwners(Sheet sheet, Meminfo meminfo, MemoryFigures figures, int width)
    {
        var shared = meminfo.Shmem ?? 0;
        var (cached, anonymous) = (meminfo.Cached ?? 0, meminfo.Fields["AnonPages"u8] ?? 0);

        // Of the swap cache what no process has mapped: the rest counts as anonymous.
        var onLists = (meminfo.Fields["Active(anon)"u8] ?? 0) + (meminfo.Fields["Inactive(anon)"u8] ?? 0);
        var unmapped = onLists > anonymous + shared ? onLists - anonymous - shared : 0;
        Span<ulong> amounts =
        [
            anonymous, shared, cached > shared ? cached - shared : 0, meminfo.Buffers ?? 0,
            Math.Min(unmapped, meminfo.Fields["SwapCached"u8] ?? 0), meminfo.Fields["Slab"u8] ?? 0, 0, Clamped(figures.Free),
        ];
        var known = 0UL;
        foreach (var amount in amounts) known += amount;
        var total = Clamped(figures.Total);
        amounts[Rest] = total > known ? total - known : 0;   // no line of meminfo is for it: the kernel's, for the most part

        var parts = new BarPart[_owners.Length];
        for (var i = 0; i < parts.Length; i++) parts[i] = new BarPart(amounts[i], _owners[i].Role, _owners[i].Letter);
        Bar(sheet, width, "memory", "AnonPages", parts, total, "");
        sheet.Line();
        var x = LabelWidth + 1;
        for (var i = 0; i < parts.Length; i++)
        {
            if (amounts[i] == 0) continue;
            var text = $"{_owners[i].Letter} {_owners[i].Name} {Sizes.Kilobytes(amounts[i])}";
            if (x + text.Length > width)
            {
                sheet.Line();
                x = LabelWidth + 1;
            }

            x = sheet.Write(x, text, _owners[i].Role) + 2;
        }
    }

    private static void Bar(Sheet sheet, int width, string label, string subject, BarPart[] parts, double total, string text)
    {
        sheet.Line(label + " bar", subject);
        sheet.Write(1, label, Role.Label);
        sheet.Bar(LabelWidth, Math.Max(width - LabelWidth - 1, 3), parts, total, text);
    }

    private static ulong Clamped(long figure) => (ulong)Math.Max(figure, 0);
}
