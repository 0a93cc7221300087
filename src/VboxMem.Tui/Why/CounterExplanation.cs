using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

/// <summary>What a line of /proc/vmstat or /proc/meminfo means, how it moves, what it is made of, and what to look at beside it.</summary>
internal static class CounterExplanation
{
    public static void Write(Prose prose, in WhySubject subject, ScreenView view)
    {
        var name = subject.Name;
        prose.Heading(name);
        var figures = new CounterFigures(view);
        if (figures.Find(name) is not { } value)
        {
            prose.Warn(figures.Problem.Length > 0 ? figures.Problem : $"Neither /proc/meminfo nor /proc/vmstat has a line {name}.", Role.Warning);
            return;
        }

        var meaning = MeaningOf(name);
        prose.Say($"{(meaning.Length > 0 ? meaning : "There are no words for this one here."):t}");
        WriteValue(prose, name, value, figures);
        WriteSum(prose, name, value, figures);
        if (name == "MemAvailable") AvailableExplanation.Write(prose, figures, view);
        if (name is "CommitLimit" or "Committed_AS") CommitExplanation.Write(prose, figures, view);
        WriteShares(prose, name, figures);
        WriteBeside(prose, name, figures);
    }

    /// <summary>In words; empty: none are known.</summary>
    internal static string MeaningOf(string name)
    {
        if (MeminfoMeanings.Of(name) is { Length: > 0 } meminfo) return meminfo;
        return VmstatGaugeMeanings.Of(name) is { Length: > 0 } gauge ? gauge : VmstatEventMeanings.Of(name);
    }

    private static void WriteValue(Prose prose, string name, ulong value, CounterFigures figures)
    {
        var before = figures.FindBefore(name);
        if (figures.IsMeminfo(name) || VmstatGaugeMeanings.IsGauge(name))
        {
            var change = before is { } earlier ? (long)value - (long)earlier : (long?)null;
            prose.Say($"Now {value}{figures.UnitOf(name)}{(change is { } by ? string.Create(CultureInfo.InvariantCulture, $", {(by == 0 ? "as" : by > 0 ? $"{by} more than" : $"{-by} less than")} {figures.ElapsedSeconds:0.0#} s ago") : "")}.");
            return;
        }

        prose.Say($"{value} since boot{(before is { } then && figures.ElapsedSeconds > 0 ? string.Create(CultureInfo.InvariantCulture, $", {value - Math.Min(then, value)} more in the last {figures.ElapsedSeconds:0.0#} s: {Sizes.Rate((value - Math.Min(then, value)) / figures.ElapsedSeconds)} a second") : "")}.");
    }

    private static void WriteSum(Prose prose, string name, ulong value, CounterFigures figures)
    {
        if (CounterRelations.SumOf(name) is not { } expression) return;
        var terms = new List<SumTerm>();
        var sign = 1;
        foreach (var word in expression.Split(' '))
        {
            if (word is "+" or "-")
            {
                sign = word == "-" ? -1 : 1;
                continue;
            }

            var star = word.IndexOf('*', StringComparison.Ordinal);
            var factor = star < 0 ? 1 : long.Parse(word.AsSpan(0, star), CultureInfo.InvariantCulture);
            if (figures.Find(word[(star + 1)..]) is not { } amount) continue;   // a kernel without it
            terms.Add(new SumTerm(sign * factor * (long)amount, star < 0 ? word : string.Create(CultureInfo.InvariantCulture, $"{word[(star + 1)..]}: {amount} x {factor}")));
        }

        if (terms.Count == 0) return;
        prose.Heading($"What {name} is made of{(figures.IsMeminfo(name) ? ", kB" : "")}");
        var total = prose.Sum(name, [.. terms]);
        if (total != (long)value) prose.Say($"The file says {value}, {(long)value - total} off: each CPU keeps what it counts to itself for a while, until it is worth adding in.");
    }

    private static void WriteShares(Prose prose, string name, CounterFigures figures)
    {
        var isAny = false;
        foreach (var (part, whole, text) in CounterRelations.SharesOf(name))
        {
            if (figures.Find(part) is not { } some || figures.Find(whole) is not (> 0 and var all)) continue;
            if (!isAny) prose.Heading("Shares");
            isAny = true;
            prose.Point($"{text}: {part} / {whole} = {some} / {all} = {100.0 * some / all:0.0} %");
        }
    }

    private static void WriteBeside(Prose prose, string name, CounterFigures figures)
    {
        var isAny = false;
        foreach (var other in CounterRelations.BesideOf(name))
        {
            if (figures.Find(other) is not { } value) continue;
            if (!isAny) prose.Heading("Beside it");
            isAny = true;
            var rate = figures.IsMeminfo(other) || VmstatGaugeMeanings.IsGauge(other) || figures.FindBefore(other) is not { } before || figures.ElapsedSeconds <= 0
                ? "" : $", {Sizes.Rate((value - Math.Min(before, value)) / figures.ElapsedSeconds)} a second";
            prose.Point($"{other} {value}{figures.UnitOf(other)}{rate}: {MeaningOf(other):t}");
        }
    }
}
