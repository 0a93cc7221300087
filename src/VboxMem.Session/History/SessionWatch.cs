// What a session can be taken back to: who was killed when, and when a zone went below its min watermark.
//
// Both are looked at ten times a simulated second, on the way where nobody has been yet; a zone that is below for less than that may go
// unseen. Looking changes nothing.

using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.History;

/// <summary>A zone has gone below its min watermark.</summary>
/// <param name="At">When that was seen first.</param>
/// <param name="Zone">Its name.</param>
/// <param name="FreePages">What it had.</param>
/// <param name="MinPages">The watermark.</param>
public sealed record BelowMin(SimTime At, string Zone, long FreePages, long MinPages);

internal sealed class SessionWatch
{
    private static readonly SimTime _every = SimTime.FromMilliseconds(100);

    private readonly List<(ulong Sequence, OomKill Kill)> _kills = [];
    private readonly List<BelowMin> _dips = [];
    private readonly List<bool> _isBelow = [];
    private ulong _nextRecord;

    /// <summary>The next moment to look at.</summary>
    public static SimTime NextLook(SimTime now) => new(((now.Nanoseconds / _every.Nanoseconds) + 1) * _every.Nanoseconds);

    public static bool IsLook(SimTime now) => now.Nanoseconds % _every.Nanoseconds == 0;

    public IReadOnlyList<OomKill> KillsUpTo(SimTime now) => [.. _kills.Select(static entry => entry.Kill).TakeWhile(kill => kill.At <= now)];

    public IReadOnlyList<BelowMin> DipsUpTo(SimTime now) => [.. _dips.TakeWhile(dip => dip.At <= now)];

    public SimTime? LastKillBefore(SimTime moment) =>
        _kills.FindLastIndex(entry => entry.Kill.At < moment) is >= 0 and var last ? _kills[last].Kill.At : null;

    public SimTime? LastDipBefore(SimTime moment) => _dips.FindLastIndex(dip => dip.At < moment) is >= 0 and var last ? _dips[last].At : null;

    public void Look(Machine machine)
    {
        if (machine.Log.NextSequence > _nextRecord)
        {
            ReadLog(machine);
        }

        var index = 0;
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                LookAt(zone, index++, machine.Now);
            }
        }
    }

    /// <summary>What was seen after the present has not happened.</summary>
    public void Forked(Machine machine)
    {
        _kills.RemoveAll(entry => entry.Sequence >= machine.Log.NextSequence);
        _dips.RemoveAll(dip => dip.At > machine.Now);
        _nextRecord = Math.Min(_nextRecord, machine.Log.NextSequence);
        var index = 0;
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                _isBelow[index++] = IsBelow(zone);
            }
        }
    }

    private static bool IsBelow(Zone zone) => zone.IsPopulated && zone.FreePages < (long)zone.MarkPages(WatermarkLevel.Min);

    private void ReadLog(Machine machine)
    {
        foreach (var record in machine.Log.RecordsFrom(_nextRecord))
        {
            _nextRecord = record.Sequence + 1;
            if (OomKill.TryParse(record) is { } kill)
            {
                _kills.Add((record.Sequence, kill));
            }
        }
    }

    private void LookAt(Zone zone, int index, SimTime now)
    {
        if (index == _isBelow.Count)
        {
            _isBelow.Add(false);
        }

        var isBelow = IsBelow(zone);
        if (isBelow && !_isBelow[index])
        {
            _dips.Add(new BelowMin(now, zone.Extent.Name, zone.FreePages, (long)zone.MarkPages(WatermarkLevel.Min)));
        }

        _isBelow[index] = isBelow;
    }
}
