using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>One slab cache.</summary>
/// <param name="Name">Of any length; the kernel forbids blanks in it.</param>
/// <param name="ActiveObjects">Objects in use.</param>
/// <param name="TotalObjects">Objects in use or free.</param>
/// <param name="ObjectBytes">Size of an object, padding included.</param>
/// <param name="ObjectsPerSlab">Objects in a slab.</param>
/// <param name="PagesPerSlab">Pages of 4 KiB in a slab.</param>
/// <param name="ActiveSlabs">Slabs with an object in use.</param>
/// <param name="TotalSlabs">Slabs in all.</param>
public sealed record SlabCache(
    string Name, ulong ActiveObjects, ulong TotalObjects, ulong ObjectBytes, ulong ObjectsPerSlab, ulong PagesPerSlab,
    ulong ActiveSlabs, ulong TotalSlabs);

/// <summary><c>/proc/slabinfo</c>, version 2: every slab cache in the kernel's order, which is newest first.</summary>
/// <remarks>
/// Lines <c>name active total size perslab pages : tunables l b s : slabdata active total shared</c>. The tunables and
/// shared columns are 0 in every kernel with SLUB and are not kept.
/// </remarks>
public sealed record SlabInfo(IReadOnlyList<SlabCache> Caches)
{
    public const string Path = "/proc/slabinfo";

    /// <exception cref="ProcFormatException">No version 2 header, or a malformed line.</exception>
    public static SlabInfo Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var reader = new LineReader(text, path);
        if (!reader.TryNextLine() || !reader.Rest.StartsWith("slabinfo - version: 2."u8))
            throw reader.Malformed($"\"{LineReader.Quote(reader.Rest)}\" where \"slabinfo - version: 2.N\" is expected");

        var caches = new List<SlabCache>();
        while (reader.TryNextLine())
        {
            if (reader.Rest[0] == (byte)'#') continue;   // the line that names the columns
            caches.Add(TakeCache(ref reader));
        }

        return new SlabInfo(caches);
    }

    private static SlabCache TakeCache(ref LineReader reader)
    {
        reader.TryTakeField(out var name);
        var active = reader.TakeNumber("active_objs");
        var total = reader.TakeNumber("num_objs");
        var size = reader.TakeNumber("objsize");
        var perSlab = reader.TakeNumber("objperslab");
        var pages = reader.TakeNumber("pagesperslab");
        reader.Skip(":"u8);
        reader.Skip("tunables"u8);
        reader.TakeNumber("limit");
        reader.TakeNumber("batchcount");
        reader.TakeNumber("sharedfactor");
        reader.Skip(":"u8);
        reader.Skip("slabdata"u8);
        var activeSlabs = reader.TakeNumber("active_slabs");
        var totalSlabs = reader.TakeNumber("num_slabs");
        reader.TakeNumber("sharedavail");
        return new SlabCache(Encoding.UTF8.GetString(name), active, total, size, perSlab, pages, activeSlabs, totalSlabs);
    }
}
