// A script: what is done to a box when, and what is expected of it then. README.md has the grammar.
//
// All mistakes that can be seen without running it are found when it is read, each with its line.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session.Console;

namespace VboxMem.Session.Scripts;

/// <summary>A checked script. Immutable.</summary>
public sealed class Script
{
    private const int LargestFile = 4 << 20;
    private const string ExpectWord = "expect";

    private static readonly SimTime _longest = SimTime.FromSeconds(10UL * 366 * 86_400);

    private Script(string name, IReadOnlyList<ScriptLine> lines) => (Name, Lines) = (name, lines);

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Its lines but for those that are empty or comments.</summary>
    public IReadOnlyList<ScriptLine> Lines { get; }

    /// <summary>Reads a script from a file.</summary>
    /// <inheritdoc cref="Parse"/>
    public static Script? Load(string path, IReadOnlyCollection<string>? groups, SimTime? end, out IReadOnlyList<string> problems)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > LargestFile)
            {
                problems = [$"{path}: larger than any script"];
                return null;
            }

            return Parse(path, File.ReadAllBytes(path), groups, end, out problems);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems = [$"{path}: {HostError.Describe(error)}"];
            return null;
        }
    }

    /// <summary>Reads a script.</summary>
    /// <param name="path">What messages call it.</param>
    /// <param name="text">The script, in UTF-8.</param>
    /// <param name="groups">The groups of the box; null: not known.</param>
    /// <param name="end">When the run ends, from its start; null: with the script.</param>
    /// <param name="problems">All mistakes, a line each: file, line, what.</param>
    /// <returns>Null where there are mistakes.</returns>
    public static Script? Parse(string path, byte[] text, IReadOnlyCollection<string>? groups, SimTime? end, out IReadOnlyList<string> problems)
    {
        var reader = new Reader(path, groups, end);
        problems = reader.Problems;
        string content;
        try
        {
            content = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text);
        }
        catch (DecoderFallbackException)
        {
            reader.Problems.Add($"{path}: not UTF-8");
            return null;
        }

        var number = 0;
        foreach (var line in content.Split('\n'))
        {
            reader.Read(++number, line.EndsWith('\r') ? line[..^1] : line);
        }

        return reader.Problems.Count == 0 ? new Script(path, reader.Lines) : null;
    }

    /// <summary>What has been read so far, and how much time has passed by then at least.</summary>
    private sealed class Reader(string path, IReadOnlyCollection<string>? groups, SimTime? end)
    {
        private const int MostProblems = 100;

        private SimTime _now;
        private int _timedLine;

        public List<ScriptLine> Lines { get; } = [];

        public List<string> Problems { get; } = [];

        public void Read(int number, string text)
        {
            if (Problems.Count >= MostProblems)
            {
                return;
            }

            var rest = text.Trim(' ', '\t');
            if (rest.Length == 0 || rest[0] == '#')
            {
                return;
            }

            var line = new ScriptLine(number, ScriptClock.None, SimTime.Zero, rest);
            if ((rest[0] is '@' or '+' && !TryTakeTime(ref line)) || !TryTakeWhat(ref line))
            {
                return;
            }

            Lines.Add(line);
        }

        private bool Complain(int number, string problem)
        {
            Problems.Add(string.Create(CultureInfo.InvariantCulture, $"{path}:{number}: {problem}"));
            return false;
        }

        private bool TryTakeTime(ref ScriptLine line)
        {
            var text = line.Text;
            var blank = text.AsSpan().IndexOfAny(' ', '\t');
            var time = blank < 0 ? text[1..] : text[1..blank];
            if (!SimDuration.TryParse(time, out var duration))
            {
                return Complain(line.Number, $"{text[0]}{time}: allowed behind {text[0]} is {SimDuration.Allowed}");
            }

            line = line with
            {
                Clock = text[0] == '@' ? ScriptClock.Start : ScriptClock.Previous,
                Time = duration,
                Text = blank < 0 ? string.Empty : text[blank..].Trim(' ', '\t'),
            };
            var moment = line.Clock == ScriptClock.Start ? duration : _now.Plus(duration);
            if (moment < _now)
            {
                return Complain(line.Number, string.Create(CultureInfo.InvariantCulture, $"@{time}: time does not go back, line {_timedLine} is at {SimDuration.Format(_now)} at least"));
            }

            if (moment > _longest)
            {
                return Complain(line.Number, $"{text[0]}{time}: more than ten years from the start");
            }

            (_now, _timedLine) = (moment, line.Number);
            return end is not { } last || moment <= last || Complain(line.Number, $"{text[0]}{time}: the run ends before, at {SimDuration.Format(last)}");
        }

        private bool TryTakeWhat(ref ScriptLine line)
        {
            if (line.Text.StartsWith('#'))
            {
                line = line with { Text = string.Empty };
            }

            if (line.Text != ExpectWord && !line.Text.StartsWith(ExpectWord + " ", StringComparison.Ordinal) && !line.Text.StartsWith(ExpectWord + "\t", StringComparison.Ordinal))
            {
                var problem = CommandChecks.ProblemOf(line.Text, groups);
                return problem is null || Complain(line.Number, problem);
            }

            if (ExpectationText.TryParse(line.Text[ExpectWord.Length..], out var wrong) is not { } expectation)
            {
                return Complain(line.Number, wrong);
            }

            line = line with { Expectation = expectation };
            return end is not { } last || _now.Plus(expectation.For).Plus(expectation.Within) <= last
                || Complain(line.Number, $"the run ends before this can be judged, at {SimDuration.Format(last)}");
        }
    }
}
