namespace VboxMem.Kernel.Time;

/// <summary>A moment of simulated time: nanoseconds since the kernel started. 584 years fit.</summary>
public readonly record struct SimTime(ulong Nanoseconds) : IComparable<SimTime>
{
    public const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Timer interrupts a second (CONFIG_HZ of Debian's kernel).</summary>
    public const ulong TicksPerSecond = 250;

    public const ulong NanosecondsPerTick = NanosecondsPerSecond / TicksPerSecond;

    public static SimTime Zero => default;

    public static SimTime FromSeconds(ulong seconds) => new(seconds * NanosecondsPerSecond);

    public static SimTime FromMilliseconds(ulong milliseconds) => new(milliseconds * 1_000_000);

    public static SimTime FromTicks(ulong ticks) => new(ticks * NanosecondsPerTick);

    public SimTime Plus(SimTime duration) => new(Nanoseconds + duration.Nanoseconds);

    public int CompareTo(SimTime other) => Nanoseconds.CompareTo(other.Nanoseconds);

    public static bool operator <(SimTime left, SimTime right) => left.Nanoseconds < right.Nanoseconds;

    public static bool operator >(SimTime left, SimTime right) => left.Nanoseconds > right.Nanoseconds;

    public static bool operator <=(SimTime left, SimTime right) => left.Nanoseconds <= right.Nanoseconds;

    public static bool operator >=(SimTime left, SimTime right) => left.Nanoseconds >= right.Nanoseconds;

    public override string ToString() =>
        $"{Nanoseconds / NanosecondsPerSecond}.{Nanoseconds % NanosecondsPerSecond / 1000:D6}s";
}
