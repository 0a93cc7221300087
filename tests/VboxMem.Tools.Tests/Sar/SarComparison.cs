using System.Text.RegularExpressions;

namespace VboxMem.Tools.Tests.Sar;

/// <summary>
/// Holds our sar against the real one. Not compared: clock fields, the kernel's release and the host's name of the first line
/// (the real sar asks the running kernel for them), the text of the usage, and what the real one says of sensors that are not there.
/// </summary>
internal static class SarComparison
{
    /// <summary>All on one tree that stands still: since boot.</summary>
    public static void SinceBoot(ProcTree tree, params string[] commands)
    {
        var split = commands.Select(Comparison.Split).ToArray();
        Comparison.Check(split, RealTools.Run(tree, split), command => Ours.Run(tree.Tree, RealTools.Version, command, new ScriptedTicker(), new FixedClock()), Mask);
    }

    /// <summary>
    /// Over intervals of a second: the tree's proc is that of <paramref name="moments"/> one after the other, folders of the tree that
    /// hold the files that change. All commands run at once, as each takes as many seconds as there are intervals.
    /// </summary>
    public static void OverMoments(ProcTree tree, string[] moments, params string[] commands)
    {
        var split = commands.Select(Comparison.Split).ToArray();
        foreach (var file in moments.Skip(1).SelectMany(moment => Files(tree, moment)).Except(Files(tree, moments[0])).ToList())
            tree.Add($"{moments[0]}/{file}", File.ReadAllText(Path.Combine(tree.Root, "proc", file)));   // so that it can be shown again
        Show(tree, moments[0]);
        var change = string.Concat(moments.Skip(1).Select((moment, i) =>
            $"sleep {(i == 0 ? "0.5" : "1")}; (cd \"$ROOT/{moment}\" && find . -type f | while read -r f; do cat \"$f\" >\"/proc/$f\"; done)\n"));
        var real = RealTools.RunWhile(tree, split, change);
        Comparison.Check(split, real, command =>
        {
            Show(tree, moments[0]);
            var ticker = new ScriptedTicker((tick, _) => Show(tree, moments[Math.Min(tick, moments.Length - 1)]));
            return Ours.Run(tree.Tree, RealTools.Version, command, ticker, new FixedClock());
        }, Mask);
    }

    private static void Show(ProcTree tree, string moment)
    {
        foreach (var file in Files(tree, moment)) tree.Add("proc/" + file, File.ReadAllText(Path.Combine(tree.Root, moment, file)));
    }

    private static List<string> Files(ProcTree tree, string moment)
    {
        var from = Path.Combine(tree.Root, moment);
        return [.. Directory.GetFiles(from, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Select(file => Path.GetRelativePath(from, file))];
    }

    private static string Mask(string text)
    {
        text = text.Replace("sensors_init: Kernel interface error\n", "", StringComparison.Ordinal);
        if (text.Contains("Usage: sar", StringComparison.Ordinal)) return "Usage";
        text = Regex.Replace(text, @"^Linux \S+ \([^)]*\) \t\d\d/\d\d/\d\d ", "Linux RELEASE (HOST) \tDATE ");
        text = Regex.Replace(text, @"^\d\d:\d\d:\d\d", "HH:MM:SS", RegexOptions.Multiline);
        return Regex.Replace(text, @"/sa\d\d:", "/saDD:");
    }
}
