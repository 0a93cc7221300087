// The chance of processes: each has a stream of its own, so that one process more moves nothing elsewhere. A process started from
// outside derives its stream from the machine's seed, its name and how many of that name came before it; a child gets one from its
// parent.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

internal sealed class ProcessStreams
{
    /// <summary>How many have been started, by name.</summary>
    private readonly SortedList<string, uint> _started;

    public ProcessStreams() => _started = new SortedList<string, uint>(StringComparer.Ordinal);

    private ProcessStreams(ProcessStreams other) => _started = new SortedList<string, uint>(other._started, StringComparer.Ordinal);

    public ProcessStreams Clone() => new(this);

    /// <summary>The stream of the next process of a name.</summary>
    public Prng Next(ulong seed, string name)
    {
        _started.TryGetValue(name, out var instance);
        _started[name] = instance + 1;
        return new Prng(seed, "process " + name, instance);
    }

    public void HashInto(StateHash hash)
    {
        for (var i = 0; i < _started.Count; i++)
        {
            hash.Add(_started.GetKeyAtIndex(i));
            hash.Add((ulong)_started.GetValueAtIndex(i));
        }
    }
}
