using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>
/// The areas that may map a folio, one after the other (rmap_walk): for each, which of its pages the folio's pages would be.
/// Whether they are mapped there, the page tables tell.
/// </summary>
internal struct RmapWalk
{
    private readonly AnonVma? _anon;
    private readonly FileAreas? _file;
    private readonly uint _index;
    private readonly uint _pages;
    private int _at = -1;

    /// <param name="anon">The anon_vma of an anonymous folio.</param>
    /// <param name="file">The areas that map the file of another; null when there are none.</param>
    /// <param name="index">The folio's place, low 32 bits.</param>
    /// <param name="pages">Pages of the folio.</param>
    public RmapWalk(AnonVma? anon, FileAreas? file, uint index, uint pages)
    {
        _anon = anon;
        _file = file;
        _index = index;
        _pages = pages;
    }

    public MemoryDescriptor Memory { get; private set; } = null!;

    public Vma Area { get; private set; } = null!;

    /// <summary>The first page of the area that one of the folio's belongs to.</summary>
    public ulong Page { get; private set; }

    /// <summary>Which page of the folio that is, and how many there are from it on.</summary>
    public uint FirstInFolio { get; private set; }

    public uint Count { get; private set; }

    /// <summary>Goes to the next area.</summary>
    /// <returns>False: there is none.</returns>
    public bool MoveNext()
    {
        while (true)
        {
            _at++;
            if (_anon is not null)
            {
                if (_at >= _anon.Links.Count)
                {
                    return false;
                }

                (Memory, Area) = (_anon.Links[_at].Memory, _anon.Links[_at].Area);
            }
            else
            {
                if (_file is null || _at >= _file.Count)
                {
                    return false;
                }

                (Memory, Area) = _file[_at];
            }

            if (Locate())
            {
                return true;
            }
        }
    }

    private bool Locate()
    {
        var after = _index - (uint)Area.FirstIndex;
        if (after < Area.Pages)
        {
            FirstInFolio = 0;
            Page = Area.StartPage + after;
            Count = (uint)Math.Min(_pages, Area.Pages - after);
            return true;
        }

        var before = (uint)Area.FirstIndex - _index;
        if (before >= _pages)
        {
            return false;
        }

        FirstInFolio = before;
        Page = Area.StartPage;
        Count = (uint)Math.Min(_pages - before, Area.Pages);
        return true;
    }
}
