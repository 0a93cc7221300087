using System.Numerics;

namespace VboxMem.Kernel.Writeback;

/// <summary>A set of page indices of one file: a bit a page, as long as the highest page that was ever in it.</summary>
internal sealed class PageBitmap
{
    private const int BitsPerWord = 64;

    private ulong[] _words = [];

    /// <summary>Pages in the set.</summary>
    public ulong Count { get; private set; }

    /// <summary>Adds a page. False: it was in the set.</summary>
    public bool Add(ulong index)
    {
        var word = (int)(index / BitsPerWord);
        if (word >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max(word + 1, _words.Length * 2));
        }

        var bit = 1UL << (int)(index % BitsPerWord);
        if ((_words[word] & bit) != 0)
        {
            return false;
        }

        _words[word] |= bit;
        Count++;
        return true;
    }

    /// <summary>Takes a page out. False: it was not in the set.</summary>
    public bool Remove(ulong index)
    {
        var word = (int)(index / BitsPerWord);
        var bit = 1UL << (int)(index % BitsPerWord);
        if (word >= _words.Length || (_words[word] & bit) == 0)
        {
            return false;
        }

        _words[word] &= ~bit;
        Count--;
        return true;
    }

    public bool Contains(ulong index) =>
        index / BitsPerWord < (ulong)_words.Length && (_words[index / BitsPerWord] & (1UL << (int)(index % BitsPerWord))) != 0;

    /// <summary>The first page of the set at or behind <paramref name="index"/>.</summary>
    public bool TryNext(ulong index, out ulong found)
    {
        for (var word = index / BitsPerWord; word < (ulong)_words.Length; word++)
        {
            var bits = _words[word];
            if (word == index / BitsPerWord)
            {
                bits &= ulong.MaxValue << (int)(index % BitsPerWord);
            }

            if (bits != 0)
            {
                found = (word * BitsPerWord) + (ulong)BitOperations.TrailingZeroCount(bits);
                return true;
            }
        }

        found = 0;
        return false;
    }

    public PageBitmap Clone() => new() { _words = (ulong[])_words.Clone(), Count = Count };

    public void HashInto(StateHash hash)
    {
        hash.Add(Count);
        for (var word = 0; word < _words.Length; word++)
        {
            if (_words[word] != 0)
            {
                hash.Add((ulong)word);
                hash.Add(_words[word]);
            }
        }
    }
}
