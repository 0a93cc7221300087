using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Tools.Predicates;

namespace VboxMem.Session.Scripts;

/// <summary>Reads what stands behind <c>expect</c>: PREDICATE [for DURATION] [within DURATION], the last two in any order.</summary>
internal static class ExpectationText
{
    private static readonly string[] _words = ["for", "within"];

    /// <returns>Null where there is a mistake.</returns>
    public static Expectation? TryParse(string text, out string problem)
    {
        var rest = text.Trim(' ', '\t');
        var times = new SimTime?[_words.Length];
        while (TryTakeTime(ref rest, out var which, out var written))
        {
            if (times[which] is not null)
            {
                problem = $"{_words[which]} stands twice";
                return null;
            }

            if (!SimDuration.TryParse(written, out var duration))
            {
                problem = $"{_words[which]} {written}: allowed is {SimDuration.Allowed}";
                return null;
            }

            times[which] = duration;
        }

        if (Predicate.TryParse(rest, out problem) is { } predicate)
        {
            return new Expectation(predicate, times[0] ?? SimTime.Zero, times[1] ?? SimTime.Zero);
        }

        problem = $"expect {problem}";
        return null;
    }

    /// <summary>Takes "for TIME" or "within TIME" off the end. Within quotes, which names of processes may have, they mean nothing.</summary>
    private static bool TryTakeTime(ref string text, out int which, out string written)
    {
        (which, written) = (0, string.Empty);
        var words = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || (which = Array.IndexOf(_words, words[^2])) < 0 || words[^1].Contains('"', StringComparison.Ordinal))
        {
            return false;
        }

        written = words[^1];
        text = text[..text.LastIndexOf(words[^2], text.LastIndexOf(written, StringComparison.Ordinal), StringComparison.Ordinal)].TrimEnd(' ', '\t');
        return true;
    }
}
