// A captured experiment as it is kept: one .tar.gz of the files as captured.

using System.Formats.Tar;
using System.IO.Compression;

namespace VboxMem.Testing.Experiments;

internal static class ExperimentArchive
{
    /// <summary>Every file of the archive by its path, sorted; text is ASCII.</summary>
    public static SortedDictionary<string, string> Read(string file)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var stream = File.OpenRead(file);
        using var unpacked = new GZipStream(stream, CompressionMode.Decompress);
        using var archive = new TarReader(unpacked);
        while (archive.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;

            // An empty file has no stream.
            using var reader = new StreamReader(entry.DataStream ?? Stream.Null);
            texts.Add(entry.Name.TrimStart('.', '/'), reader.ReadToEnd());
        }

        return texts;
    }
}
