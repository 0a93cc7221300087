namespace VboxMem.Workloads.Scenarios;

/// <summary>Files of one kind. Sizes have a heavy tail: a base, doubled again and again with even chance.</summary>
/// <param name="Directory">Where they are.</param>
/// <param name="Extensions">What their names end in.</param>
/// <param name="Count">How many there are in a section.</param>
/// <param name="BaseBytes">Their least size, and half of the most before it is doubled.</param>
/// <param name="MostDoublings">How often it is doubled at most.</param>
/// <param name="Share">Requests for files of this kind: so many parts of all.</param>
internal sealed record FileKind(string Directory, IReadOnlyList<string> Extensions, int Count, uint BaseBytes, int MostDoublings, uint Share)
{
    private const uint Kilobyte = 1024;

    /// <summary>A web site's: a request is answered with about 100 kB on average, most with much less.</summary>
    public static readonly IReadOnlyList<FileKind> Site =
    [
        new("pages", ["html"], 120, 6 * Kilobyte, 3, 220),
        new("css", ["css"], 12, 12 * Kilobyte, 2, 120),
        new("js", ["js"], 30, 20 * Kilobyte, 4, 170),
        new("img", ["jpg", "webp", "png", "svg"], 320, 24 * Kilobyte, 5, 327),
        new("fonts", ["woff2"], 8, 20 * Kilobyte, 1, 50),
        new("download", ["pdf", "zip", "mp4"], 30, 1024 * Kilobyte, 5, 8),
    ];

    /// <summary>What people keep.</summary>
    public static readonly IReadOnlyList<FileKind> Documents =
    [
        new("notes", ["txt", "md", "csv"], 120, 4 * Kilobyte, 6, 1),
        new("sheets", ["xlsx", "ods", "docx"], 80, 32 * Kilobyte, 4, 1),
        new("scans", ["pdf"], 60, 128 * Kilobyte, 5, 1),
        new("photos", ["jpg"], 60, 1536 * Kilobyte, 1, 1),
        new("archives", ["tar.gz", "zip", "sqlite"], 6, 4096 * Kilobyte, 4, 1),
    ];
}
