using VboxMem.Kernel.Time;
using VboxMem.Tools;

namespace VboxMem.Session.History;

/// <summary>The time of a session, as its console's commands let it pass.</summary>
internal sealed class SessionClock(LiveSession session) : ITicker, IWallClock
{
    private const ulong NanosecondsPerTimeTick = 100;

    /// <summary>Asked between steps while a command lets time pass; false interrupts the command. Null: nobody does.</summary>
    public Func<bool>? GoesOn { get; set; }

    /// <summary>Where a command that is done again was interrupted; null: it was not.</summary>
    public SimTime? InterruptedAt { get; set; }

    public DateTime Now => DateTime.UnixEpoch
        .AddSeconds(session.Box.Machine.Configuration.BootTimeUnixSeconds)
        .AddTicks((long)(session.Now.Nanoseconds / NanosecondsPerTimeTick));

    public string ZoneName => "UTC";

    public bool TryAdvance(TimeSpan interval)
    {
        var goal = session.Now.Plus(new SimTime((ulong)Math.Max(interval.Ticks, 0) * NanosecondsPerTimeTick));
        if (InterruptedAt is { } end && goal > end)
        {
            session.Pass(end, null);
            return false;
        }

        return session.Pass(goal, GoesOn);
    }
}
