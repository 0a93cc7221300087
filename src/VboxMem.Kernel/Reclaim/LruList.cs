using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

/// <summary>The lists of an LRU vector, in the order of their counters (nr_inactive_anon and on).</summary>
public enum LruList
{
    InactiveAnon,
    ActiveAnon,
    InactiveFile,
    ActiveFile,
    Unevictable,
}

public static class LruLists
{
    public const int Count = 5;

    /// <summary>Lists that reclaim takes from.</summary>
    public const int EvictableCount = 4;

    /// <summary>The list a folio belongs on, which its flags alone decide (folio_lru_list).</summary>
    public static LruList Of(in PageFrame folio)
    {
        if (folio.Has(PageFlags.Unevictable))
        {
            return LruList.Unevictable;
        }

        var list = folio.IsFileLru ? LruList.InactiveFile : LruList.InactiveAnon;
        return folio.Has(PageFlags.Active) ? list + 1 : list;
    }

    public static bool IsFile(this LruList list) => list is LruList.InactiveFile or LruList.ActiveFile;

    public static bool IsActive(this LruList list) => list is LruList.ActiveAnon or LruList.ActiveFile;
}
