// Lists of objects that no one uses at present, oldest first: what the shrinker of a super block walks (list_lru). Objects are
// named by number; a number is on one list at most.
//
// Invariants
//   U1  A number's list is 1 + its index, 0 where it is on none; first and last have no neighbour beyond.

namespace VboxMem.Kernel.PageCache;

internal sealed class UnusedLists
{
    private readonly List<Ends> _lists = [];
    private Links[] _links = new Links[64];

    public UnusedLists()
    {
    }

    private UnusedLists(UnusedLists other)
    {
        _lists.AddRange(other._lists);
        _links = (Links[])other._links.Clone();
    }

    public UnusedLists Clone() => new(this);

    public int Lists => _lists.Count;

    /// <summary>Objects on a list; a list never used is empty.</summary>
    public ulong Count(int list) => list < _lists.Count ? _lists[list].Count : 0;

    public ulong Total
    {
        get
        {
            var total = 0UL;
            foreach (var list in _lists)
            {
                total += list.Count;
            }

            return total;
        }
    }

    /// <summary>The one that has been there longest; 0: none.</summary>
    public int First(int list) => list < _lists.Count ? _lists[list].First : 0;

    /// <summary>The one behind another on its list; 0: none.</summary>
    public int After(int number) => _links[number].Next;

    public bool Holds(int number) => number < _links.Length && _links[number].List != 0;

    public int ListOf(int number) => _links[number].List - 1;

    /// <summary>Puts a number at the end of a list.</summary>
    public void Add(int list, int number)
    {
        Invariant.Holds(number > 0 && !Holds(number));
        while (list >= _lists.Count)
        {
            _lists.Add(default);
        }

        if (number >= _links.Length)
        {
            Array.Resize(ref _links, Math.Max(number + 1, _links.Length * 2));
        }

        var ends = _lists[list];
        _links[number] = new Links { List = list + 1, Previous = ends.Last };
        if (ends.Last == 0)
        {
            ends.First = number;
        }
        else
        {
            _links[ends.Last].Next = number;
        }

        ends.Last = number;
        ends.Count++;
        _lists[list] = ends;
    }

    public void Remove(int number)
    {
        var links = _links[number];
        Invariant.Holds(links.List != 0);
        var ends = _lists[links.List - 1];
        if (links.Previous == 0)
        {
            ends.First = links.Next;
        }
        else
        {
            _links[links.Previous].Next = links.Next;
        }

        if (links.Next == 0)
        {
            ends.Last = links.Previous;
        }
        else
        {
            _links[links.Next].Previous = links.Previous;
        }

        ends.Count--;
        _lists[links.List - 1] = ends;
        _links[number] = default;
    }

    public void MoveToEnd(int number)
    {
        var list = ListOf(number);
        Remove(number);
        Add(list, number);
    }

    public void HashInto(StateHash hash)
    {
        for (var list = 0; list < _lists.Count; list++)
        {
            hash.Add(_lists[list].Count);
            for (var number = First(list); number != 0; number = After(number))
            {
                hash.Add((long)number);
            }
        }
    }

    private struct Ends
    {
        public int First;
        public int Last;
        public ulong Count;
    }

    private struct Links
    {
        public int List;
        public int Previous;
        public int Next;
    }
}
