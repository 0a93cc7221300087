using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests;

/// <summary>Words that the threads of a scripted process share, by address.</summary>
internal sealed class SharedWords : UserSharedState
{
    private readonly SortedDictionary<ulong, uint> _words = [];

    public override uint Load(ulong address) => _words.GetValueOrDefault(address);

    public override void Store(ulong address, uint value) => _words[address] = value;

    public override UserSharedState Clone()
    {
        var copy = new SharedWords();
        foreach (var (address, value) in _words)
        {
            copy._words.Add(address, value);
        }

        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        foreach (var (address, value) in _words)
        {
            hash.Add(address);
            hash.Add((ulong)value);
        }
    }
}
