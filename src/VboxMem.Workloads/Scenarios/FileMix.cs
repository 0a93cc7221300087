// What a tree of files is like: the files of one section of it with their natural sizes and popularity, the names of sections, and the
// pages that a program makes. A FileSet lays as many sections below a directory as a total size asks for.
//
// Popularity is like Zipf's: within a kind the nth file is asked for a nth as often as the first, sections likewise.

using System.Globalization;
using Bogus;

namespace VboxMem.Workloads.Scenarios;

/// <summary>A file of a section.</summary>
/// <param name="Path">Below the section's directory.</param>
/// <param name="Bytes">Its natural size.</param>
/// <param name="Weight">How often it is asked for, against others.</param>
public sealed record MixedFile(string Path, ulong Bytes, ulong Weight);

/// <summary>A page that a program makes for each request.</summary>
/// <param name="Path">What clients ask for.</param>
/// <param name="Bytes">The answer.</param>
/// <param name="Nanoseconds">What making it takes.</param>
/// <param name="Weight">How often it is asked for, against others.</param>
public sealed record MadePage(string Path, uint Bytes, uint Nanoseconds, ulong Weight);

/// <summary>Files and pages by their natural sizes. Immutable.</summary>
public sealed class FileMix
{
    private const int SectionCount = 64;
    private const int PageCount = 24;
    private const uint PageShare = 105;
    private const uint LeastPageBytes = 2 << 10;
    private const int MostPageDoublings = 4;
    private const uint LeastPageNanoseconds = 400_000;
    private const int MostPageSlowness = 3;
    private const ulong FirstWeight = 1 << 20;
    private const ulong ShareWeight = 1 << 20;

    private FileMix(IReadOnlyList<string> sections, IReadOnlyList<MixedFile> files, IReadOnlyList<MadePage> pages)
    {
        Sections = sections;
        Files = files;
        Pages = pages;
        foreach (var file in files)
        {
            SectionBytes += file.Bytes;
        }
    }

    /// <summary>Names of directories for sections.</summary>
    public IReadOnlyList<string> Sections { get; }

    /// <summary>Files of a section.</summary>
    public IReadOnlyList<MixedFile> Files { get; }

    /// <summary>Pages made by a program; none among documents.</summary>
    public IReadOnlyList<MadePage> Pages { get; }

    /// <summary>Natural size of a section.</summary>
    public ulong SectionBytes { get; }

    internal static FileMix BuildSite(ulong seed)
    {
        var faker = SeededFaker.For(seed, "site");
        var names = new DistinctNames();
        return new FileMix(MakeSections(faker), MakeFiles(faker, FileKind.Site, names), MakePages(faker, names));
    }

    internal static FileMix BuildDocuments(ulong seed)
    {
        var faker = SeededFaker.For(seed, "documents");
        return new FileMix(MakeSections(faker), MakeFiles(faker, FileKind.Documents, new DistinctNames()), []);
    }

    private static string[] MakeSections(Faker faker)
    {
        var names = new DistinctNames();
        var sections = new string[SectionCount];
        for (var i = 0; i < SectionCount; i++)
        {
            sections[i] = names.Of(faker.Lorem.Slug(1), "");
        }

        return sections;
    }

    private static List<MixedFile> MakeFiles(Faker faker, IReadOnlyList<FileKind> kinds, DistinctNames names)
    {
        var files = new List<MixedFile>();
        foreach (var kind in kinds)
        {
            for (var rank = 0; rank < kind.Count; rank++)
            {
                var path = names.Of($"{kind.Directory}/{faker.Lorem.Slug(2)}", $".{faker.Random.ListItem([.. kind.Extensions])}");
                files.Add(new MixedFile(path, TailedSize(faker, kind.BaseBytes, kind.MostDoublings), WeightOf(kind.Share, rank, kind.Count)));
            }
        }

        return files;
    }

    private static MadePage[] MakePages(Faker faker, DistinctNames names)
    {
        var pages = new MadePage[PageCount];
        for (var rank = 0; rank < PageCount; rank++)
        {
            pages[rank] = new MadePage(
                names.Of($"api/{faker.Lorem.Slug(1)}", ""),
                (uint)TailedSize(faker, LeastPageBytes, MostPageDoublings),
                (uint)TailedSize(faker, LeastPageNanoseconds, MostPageSlowness),
                WeightOf(PageShare, rank, PageCount));
        }

        return pages;
    }

    private static ulong TailedSize(Faker faker, uint least, int mostDoublings)
    {
        var size = (ulong)faker.Random.Int((int)least, (int)(2 * least) - 1);
        for (var doublings = 0; doublings < mostDoublings && faker.Random.Int(0, 1) == 1; doublings++)
        {
            size *= 2;
        }

        return size;
    }

    /// <summary>What the nth most popular of so many is asked for, of the share of all of them.</summary>
    private static ulong WeightOf(uint share, int rank, int count)
    {
        var all = 0UL;
        for (var other = 0; other < count; other++)
        {
            all += FirstWeight / (ulong)(other + 1);
        }

        return Math.Max(1, share * ShareWeight * (FirstWeight / (ulong)(rank + 1)) / all);
    }

    /// <summary>Names that are given once: a number is added to the second of a name.</summary>
    private sealed class DistinctNames
    {
        private readonly SortedSet<string> _given = new(StringComparer.Ordinal);

        public string Of(string stem, string end)
        {
            var name = stem + end;
            for (var number = 2; !_given.Add(name); number++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}{end}");
            }

            return name;
        }
    }
}
