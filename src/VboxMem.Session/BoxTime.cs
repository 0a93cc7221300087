using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Tools;

namespace VboxMem.Session;

/// <summary>Looks at a run at moments of its own, without changing anything.</summary>
public interface IRunObserver
{
    /// <summary>When it wants to look next; null: not any more. Not before now.</summary>
    SimTime? NextLook { get; }

    /// <summary>The moment has come. The box has done all that it does by itself at that moment.</summary>
    void Look();
}

/// <summary>
/// The time of a running box: lets it pass, stopping for whoever wants to look on, and ends where it is told to. Everything that lets a
/// box run does it through one of these, so a look comes at its moment whoever waits for what.
/// </summary>
public sealed class BoxTime : ITicker, IWallClock
{
    private const ulong NanosecondsPerTimeTick = 100;

    private readonly Box _box;
    private readonly Func<bool>? _isInterrupted;
    private readonly List<IRunObserver> _observers = [];

    /// <param name="box">The box; time counts from now.</param>
    /// <param name="isInterrupted">Asked between steps; true ends the run early.</param>
    public BoxTime(Box box, Func<bool>? isInterrupted = null) => (_box, _isInterrupted, Start) = (box, isInterrupted, box.Machine.Now);

    /// <summary>When the run began.</summary>
    public SimTime Start { get; }

    /// <summary>Where it ends; null: nowhere.</summary>
    public SimTime? End { get; init; }

    public SimTime Now => _box.Machine.Now;

    /// <summary>Since the start.</summary>
    public SimTime Elapsed => new(Now.Nanoseconds - Start.Nanoseconds);

    /// <summary>Time does not pass any more: interrupted, panicked, or at the end.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The same, but for the end that was planned.</summary>
    public bool WasCutShort { get; private set; }

    DateTime IWallClock.Now => DateTime.UnixEpoch
        .AddSeconds(_box.Machine.Configuration.BootTimeUnixSeconds)
        .AddTicks((long)(Now.Nanoseconds / NanosecondsPerTimeTick));

    public string ZoneName => "UTC";

    /// <summary>From now on somebody looks on. Those added first look first.</summary>
    public void Add(IRunObserver observer) => _observers.Add(observer);

    /// <summary>Where a command that waits longer than that is interrupted, though time goes on; null: nowhere.</summary>
    internal SimTime? InterruptAt { get; set; }

    public bool TryAdvance(TimeSpan interval)
    {
        var goal = Now.Plus(new SimTime((ulong)Math.Max(interval.Ticks, 0) * NanosecondsPerTimeTick));
        if (InterruptAt is { } moment && goal > moment)
        {
            TryAdvanceTo(moment);
            return false;
        }

        return TryAdvanceTo(goal);
    }

    /// <summary>Lets time pass until a moment.</summary>
    /// <returns>False: it has ended before.</returns>
    public bool TryAdvanceTo(SimTime moment)
    {
        var isWithin = End is not { } end || moment <= end;
        var goal = isWithin ? moment : End!.Value;
        while (!HasEnded)
        {
            var stop = NextStop(goal);
            if (!_box.RunFor(new SimTime(stop.Nanoseconds - Now.Nanoseconds), _isInterrupted))
            {
                HasEnded = WasCutShort = true;
                break;
            }

            foreach (var observer in _observers)
            {
                if (observer.NextLook is { } look && look <= Now)
                {
                    observer.Look();
                }
            }

            if (Now >= goal)
            {
                HasEnded |= !isWithin;
                break;
            }
        }

        return !HasEnded;
    }

    private SimTime NextStop(SimTime goal)
    {
        foreach (var observer in _observers)
        {
            if (observer.NextLook is { } look && look < goal)
            {
                goal = look;
            }
        }

        return goal < Now ? Now : goal;
    }
}
