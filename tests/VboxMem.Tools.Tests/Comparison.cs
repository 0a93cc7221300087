using System.Text;
using System.Text.RegularExpressions;

namespace VboxMem.Tools.Tests;

/// <summary>
/// Holds our tools against the real ones, byte for byte: standard output, standard error, exit code. Two things are
/// not compared: the text of the usage (ours is our own), and the date and time of a time stamp.
/// </summary>
internal static class Comparison
{
    public static void OnTree(ProcTree tree, params string[] commands)
    {
        var split = commands.Select(Split).ToArray();
        Check(split, RealTools.Run(tree, split), command =>
            Ours.Run(tree.Tree, RealTools.Version, command, new ScriptedTicker(), new FixedClock()));
    }

    /// <summary>Compares on a tree of processes; the real program runs as its process 1. Times of day are not compared.</summary>
    public static void OnProcesses(ProcTree tree, string locale, params string[] commands)
    {
        var split = commands.Select(Split).ToArray();
        var real = RealTools.RunAsInit(tree, split, locale);
        Check(split, real, command => Ours.Run(tree.Tree, RealTools.Version, command, isUtf8: locale != "C"));
    }

    /// <summary>Like <see cref="OnProcesses"/>, on a tree in which files are rewritten between two readings of the tools.</summary>
    /// <param name="tree">The tree; it has changed when this returns.</param>
    /// <param name="change">Path and new content.</param>
    /// <param name="ticks">At which of our tool's ticks the change happens; the real one is given a second.</param>
    /// <param name="commands">Commands that wait for more than a second between two readings.</param>
    public static void OnChangingProcesses(ProcTree tree, (string Path, string Content)[] change, int ticks, params string[] commands)
    {
        var split = commands.Select(Split).ToArray();
        var script = new StringBuilder("sleep 1.2\n");
        foreach (var (path, content) in change) script.Append(System.Globalization.CultureInfo.InvariantCulture, $"cat >\"$own/{path}\" <<'END'\n{content}END\n");
        var before = change.Select(each => (each.Path, Content: File.ReadAllText(Path.Combine(tree.Root, each.Path)))).ToArray();
        Check(split, RealTools.RunAsInit(tree, split, between: script.ToString()), command =>
        {
            foreach (var (path, content) in before) tree.Add(path, content);
            var ticker = new ScriptedTicker((tick, _) =>
            {
                if (tick != ticks) return;
                foreach (var (path, content) in change) tree.Add(path, content);
            });
            return Ours.Run(tree.Tree, RealTools.Version, command, ticker);
        });
    }

    /// <summary>Compares smem, which has an option that names its tree; users are the tree's.</summary>
    public static void OnSource(ProcTree tree, params string[] commands)
    {
        var split = commands.Select(Split).ToArray();
        var real = RealTools.RunAsInit(tree, [.. split.Select(static command => (string[])["smem", "-S", "RESULTS/own", .. command[1..]])]);
        Check(split, real, command => Ours.Run(tree.Tree, RealTools.Version, command));
    }

    public static string[] Split(string command) =>
        command.Split(' ').Select(word => word == "''" ? "" : word.Replace('\u00b7', ' ')).ToArray();

    /// <param name="commands">What was run.</param>
    /// <param name="real">How it ended.</param>
    /// <param name="ours">Runs ours.</param>
    /// <param name="mask">Takes out of both what cannot be the same.</param>
    public static void Check(
        IReadOnlyList<string[]> commands, IReadOnlyList<Outcome> real, Func<string[], Outcome> ours, Func<string, string>? mask = null)
    {
        mask ??= Mask;
        var differences = new StringBuilder();
        for (var i = 0; i < commands.Count; i++)
        {
            var expected = Comparable(real[i], mask);
            var actual = Comparable(ours(commands[i]), mask);
            if (expected == actual) continue;
            differences.Append($"\n=== {string.Join(' ', commands[i])}\n{Difference(expected, actual)}");
        }

        Assert.True(differences.Length == 0, differences.ToString());
    }

    private static Outcome Comparable(Outcome outcome, Func<string, string> mask) =>
        new(mask(outcome.Out), mask(outcome.Error), outcome.Code);

    private static string Mask(string text)
    {
        var usage = text.IndexOf("\nUsage:", StringComparison.Ordinal);
        if (usage >= 0) text = text[..usage] + "\nUsage";
        text = Regex.Replace(text, @"^ \d\d:\d\d:\d\d up ", " TIME up ", RegexOptions.Multiline);
        text = Regex.Replace(text, @"^top - \d\d:\d\d:\d\d up ", "top - TIME up ", RegexOptions.Multiline);
        return Regex.Replace(text, @"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", "DATE TIME", RegexOptions.Multiline);
    }

    /// <summary>The lines that differ, and a few at most.</summary>
    private static string Difference(Outcome real, Outcome ours)
    {
        var expected = Lines(real);
        var actual = Lines(ours);
        var text = new StringBuilder();
        var shown = 0;
        for (var i = 0; i < Math.Max(expected.Length, actual.Length) && shown < 6; i++)
        {
            var left = i < expected.Length ? expected[i] : "(no more)";
            var right = i < actual.Length ? actual[i] : "(no more)";
            if (left == right) continue;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"line {i + 1}\n  real |{left}|\n  ours |{right}|\n");
            shown++;
        }

        return text.ToString();
    }

    private static string[] Lines(Outcome outcome) =>
        $"{outcome.Out}-- stderr --\n{outcome.Error}-- exit code {outcome.Code} --".Split('\n');
}
