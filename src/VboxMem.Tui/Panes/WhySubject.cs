namespace VboxMem.Tui.Panes;

public enum WhyKind
{
    /// <summary>An OOM kill: <see cref="WhySubject.Pid"/>, <see cref="WhySubject.At"/>.</summary>
    Kill,

    /// <summary>A zone's marks: <see cref="WhySubject.Node"/>, <see cref="WhySubject.Name"/> of the zone.</summary>
    Watermark,

    /// <summary>A task that stalls: <see cref="WhySubject.Pid"/> (the thread's).</summary>
    Stall,

    /// <summary>A counter of vmstat or a figure of meminfo: <see cref="WhySubject.Name"/>.</summary>
    Counter,

    /// <summary>A process: what it would count for if the OOM killer ran now.</summary>
    Process,
}

/// <summary>Something on the screen that can be explained.</summary>
public readonly record struct WhySubject(WhyKind Kind, string Name = "", int Pid = 0, int Node = 0, TimeSpan At = default);
