// All that a comparison needs of one run of an experiment, captured or simulated: /proc at named moments, samples in between,
// the kernel log and what the programs printed. Texts only: whoever runs the experiment has to print what Linux prints.

namespace VboxMem.Testing.Experiments;

/// <summary>One sample of a file: when, since the first moment <c>start</c>, and its text.</summary>
public sealed record TimedText(TimeSpan SinceStart, string Text);

/// <summary>The texts of one run.</summary>
public sealed class ExperimentTexts
{
    /// <summary>The moment that counters are counted from.</summary>
    public const string Start = "start";

    /// <summary>/proc at each named moment; <see cref="Start"/> must be there for any counter to be compared.</summary>
    public required IReadOnlyDictionary<string, ProcTexts> Moments { get; init; }

    /// <summary>vmstat over time, for peaks. About one sample a second, as the captures have.</summary>
    public IReadOnlyList<TimedText> VmstatSamples { get; init; } = [];

    /// <summary>The kernel log as dmesg prints it: lines of <c>[seconds.micros] text</c>.</summary>
    public string KernelLog { get; init; } = "";

    /// <summary>What the programs of the experiment printed.</summary>
    public string Output { get; init; } = "";

    /// <summary>The kills, in order.</summary>
    public IReadOnlyList<OomKill> Kills => field ??= OomReportReader.Read(KernelLog);

    /// <summary>The moment of that name, or null.</summary>
    public ProcTexts? At(string moment) => Moments.GetValueOrDefault(moment);
}
