// Requests of clients outside the box: they come when they come, whether the service keeps up or not (an open loop). A service that is
// late finds them waiting, so that the time of an answer, counted from the arrival, includes the wait.
//
// Units    nanoseconds since boot.

using VboxMem.Kernel;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

/// <summary>An endless stream of arrivals, each independent of the others (Poisson), at a rate that strays from second to second.</summary>
internal struct Arrivals
{
    private readonly ulong _perSecond;
    private readonly ulong _parts;
    private readonly uint _jitterPercent;
    private Prng _random;
    private ulong _mean;
    private ulong _rateEnd;

    /// <param name="random">A stream of its own.</param>
    /// <param name="perSecond">Arrivals of the whole service, on average; at least 1.</param>
    /// <param name="parts">How many such streams share them.</param>
    /// <param name="jitterPercent">How far the rate of a second may be from the average.</param>
    public Arrivals(Prng random, ulong perSecond, int parts, uint jitterPercent)
    {
        _random = random;
        _perSecond = Math.Max(1, perSecond);
        _parts = (ulong)Math.Max(1, parts);
        _jitterPercent = Math.Min(jitterPercent, 100);
    }

    /// <summary>When the next one comes, or has come.</summary>
    public ulong Next { get; private set; }

    /// <summary>Nobody asks before this moment.</summary>
    public void StartAt(SimTime now)
    {
        _rateEnd = now.Nanoseconds;
        Next = now.Nanoseconds;
        BeginSecond();
        Advance();
    }

    /// <summary>Takes the next one.</summary>
    /// <returns>When it came.</returns>
    public ulong Take()
    {
        var arrival = Next;
        Advance();
        return arrival;
    }

    public readonly void HashInto(StateHash hash)
    {
        _random.HashInto(hash);
        hash.Add(_mean);
        hash.Add(_rateEnd);
        hash.Add(Next);
    }

    /// <summary>
    /// Draws the next arrival. One that would come after its second is drawn anew from the end of that second, at the next one's rate:
    /// such a stream has no memory.
    /// </summary>
    private void Advance()
    {
        var from = Next;
        Next = from + Chance.Exponential(ref _random, _mean);
        while (Next >= _rateEnd && _jitterPercent > 0)
        {
            from = _rateEnd;
            BeginSecond();
            Next = from + Chance.Exponential(ref _random, _mean);
        }
    }

    private void BeginSecond()
    {
        const ulong milli = 1000;
        _rateEnd += SimTime.NanosecondsPerSecond;
        var rate = Math.Max(1, Chance.Around(ref _random, _perSecond * milli, _jitterPercent));
        _mean = (ulong)((UInt128)SimTime.NanosecondsPerSecond * milli * _parts / rate);
    }
}
