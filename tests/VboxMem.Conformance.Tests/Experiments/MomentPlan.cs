// When a simulated experiment is looked at: read from Experiments/moments.txt.
//
//   [read-800m]              the experiment that the lines below are about
//   start  0                 seconds since `start`, which is 2 s after the end of boot
//   once   reader + 0.14     seconds after the last process of a group has ended

using System.Globalization;
using VboxMem.Kernel.Time;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Experiments;

/// <summary>A moment of the plan.</summary>
/// <param name="Name">What the capture calls it.</param>
/// <param name="After">The group whose end it counts from; empty: it counts from <c>start</c>.</param>
/// <param name="Offset">How long after.</param>
internal sealed record PlannedMoment(string Name, string After, SimTime Offset);

internal static class MomentPlan
{
    /// <summary>From the end of boot to <c>start</c>.</summary>
    public static readonly SimTime Start = SimTime.FromSeconds(2);

    /// <summary>The moments of one experiment, in order.</summary>
    /// <exception cref="FormatException">A line is none of the forms above, or the experiment has none; the message says so.</exception>
    public static IReadOnlyList<PlannedMoment> Load(string experiment)
    {
        var moments = new List<PlannedMoment>();
        var isWanted = false;
        foreach (var line in File.ReadLines(Path.Combine(SourceTree.Experiments, "moments.txt")))
        {
            var content = line.Split('#')[0].Trim();
            if (content.Length == 0) continue;

            if (content[0] == '[') isWanted = content == $"[{experiment}]";
            else if (isWanted) moments.Add(Parse(content));
        }

        return moments.Count > 0 ? moments : throw new FormatException($"moments: none for {experiment}");
    }

    private static PlannedMoment Parse(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields switch
        {
            [var name, var seconds] => new PlannedMoment(name, "", Seconds(seconds)),
            [var name, var group, "+", var seconds] => new PlannedMoment(name, group, Seconds(seconds)),
            _ => throw new FormatException($"moments: '{line}'"),
        };
    }

    private static SimTime Seconds(string text) =>
        SimTime.FromMilliseconds((ulong)(decimal.Parse(text, CultureInfo.InvariantCulture) * 1000));
}
