// What the experiment `overcommit` printed: for each setting, which sizes malloc gave and refused and how far maps held together went.

using System.Globalization;

namespace VboxMem.Testing.Experiments;

/// <summary>The answers under one setting, such as <c>overcommit_memory=2 overcommit_ratio=80</c>; sizes in MiB, the limit in kB.</summary>
public sealed record OvercommitAnswer(
    string Setting, long CommitLimitKilobytes, IReadOnlyList<int> GivenMebibytes, IReadOnlyList<int> RefusedMebibytes, int HeldMebibytes)
{
    /// <summary>The answers in one line: the sizes are asked in rising order, so the ends and the number of them tell the rest.</summary>
    public override string ToString() =>
        $"limit {CommitLimitKilobytes} kB, malloc {Ends(GivenMebibytes)} given, {Ends(RefusedMebibytes)} refused, {HeldMebibytes} MiB held";

    private static string Ends(IReadOnlyList<int> mebibytes) =>
        mebibytes.Count == 0 ? "nothing" : $"{mebibytes[0]} to {mebibytes[^1]} MiB ({mebibytes.Count} sizes)";
}

public static class OvercommitAnswers
{
    /// <summary>The answers by setting, in the order printed; empty for the output of any other experiment.</summary>
    public static IReadOnlyList<OvercommitAnswer> Read(string output)
    {
        var answers = new List<OvercommitAnswer>();
        List<int> given = [], refused = [];
        foreach (var fields in Fields.OfLines(output))
        {
            if (fields[0] == "---") answers.Add(new OvercommitAnswer(string.Join(' ', fields[1..]), 0, given = [], refused = [], 0));
            else if (answers.Count == 0) continue;
            else if (fields[0] == "CommitLimit:") answers[^1] = answers[^1] with { CommitLimitKilobytes = Number(fields[1]) };
            else if (fields[0] == "malloc") (fields[3] == "ok" ? given : refused).Add((int)Number(fields[1]));
            else if (fields[0] == "cumulative") answers[^1] = answers[^1] with { HeldMebibytes = (int)Number(fields[5]) };
        }

        return answers;
    }

    private static long Number(string digits) => long.Parse(digits, CultureInfo.InvariantCulture);
}
