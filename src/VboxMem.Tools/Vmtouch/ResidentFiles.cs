// The files that the box has in its page cache, and which of their pages: what mincore(2) tells a program on Linux.
//
// Reads   sys/kernel/debug/vbox/files and resident, by the names of their columns. Both list the same files in the same order; a file of
//         which neither a page nor a memory of one is left is not among them.
// Invariants
//   R1  Runs of a file ascend, do not overlap and lie within its size.

using System.Text;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmtouch;

/// <summary>A run of pages that are in memory.</summary>
public readonly record struct ResidentRun(ulong First, ulong Count);

/// <summary>A file with pages in memory, or that had some.</summary>
public sealed record ResidentFile(string Path, string Device, ulong Inode, ulong Bytes)
{
    public const ulong PageBytes = 4096;

    public IReadOnlyList<ResidentRun> Runs { get; internal set; } = [];

    public ulong Pages => (Bytes / PageBytes) + (Bytes % PageBytes == 0 ? 0UL : 1);

    /// <summary>Pages in memory, of those that lie within the file.</summary>
    public ulong ResidentPages
    {
        get
        {
            var pages = 0UL;
            foreach (var run in Runs) pages += run.Count;
            return pages;
        }
    }
}

internal static class ResidentFiles
{
    internal const string FilesPath = "/sys/kernel/debug/vbox/files";
    internal const string ResidentPath = "/sys/kernel/debug/vbox/resident";

    /// <summary>Files that have a name: deleted ones and disks are left out.</summary>
    /// <exception cref="ProcFormatException">A file is malformed.</exception>
    internal static List<ResidentFile> Parse(ReadOnlySpan<byte> files, ReadOnlySpan<byte> resident)
    {
        var runs = ParseRuns(resident);
        var parsed = new List<ResidentFile>();
        var reader = new LineReader(files, FilesPath);
        var columns = Heading(ref reader, "device", "inode", "size", "path");
        while (reader.TryNextLine())
        {
            var numbers = Take(ref reader, columns, columns[^1], out var device);
            var path = Unescape(reader.Rest.TrimStart(" \t"u8));
            if (numbers[1] == 0 || path.Length == 0 || path[0] != '/' || path.EndsWith(" (deleted)", StringComparison.Ordinal)) continue;
            var file = new ResidentFile(path, device, numbers[1], numbers[2]);
            if (runs.TryGetValue((device, numbers[1]), out var own)) file.Runs = Within(own, file.Pages);
            parsed.Add(file);
        }

        return parsed;
    }

    private static Dictionary<(string, ulong), List<ResidentRun>> ParseRuns(ReadOnlySpan<byte> text)
    {
        var runs = new Dictionary<(string, ulong), List<ResidentRun>>();
        var reader = new LineReader(text, ResidentPath);
        var columns = Heading(ref reader, "device", "inode", "page", "pages");
        while (reader.TryNextLine())
        {
            var numbers = Take(ref reader, columns, columns.Max() + 1, out var device);
            if (!runs.TryGetValue((device, numbers[1]), out var own)) runs.Add((device, numbers[1]), own = []);
            var (first, count) = (numbers[2], numbers[3]);
            if (count == 0 || first > ulong.MaxValue - count) throw reader.Malformed($"{count} pages from page {first} are no run");
            if (own.Count > 0 && first < own[^1].First + own[^1].Count) throw reader.Malformed($"page {first} does not lie behind the run before");
            own.Add(new ResidentRun(first, count));
        }

        return runs;
    }

    /// <summary>Where each of the named columns stands.</summary>
    private static int[] Heading(ref LineReader reader, params ReadOnlySpan<string> names)
    {
        if (!reader.TryNextLine()) throw reader.Malformed("the file has no heading");
        var places = new int[names.Length];
        Array.Fill(places, -1);
        for (var place = 0; reader.TryTakeField(out var field); place++)
        {
            for (var i = 0; i < names.Length; i++)
            {
                if (Encoding.ASCII.GetBytes(names[i]).AsSpan().SequenceEqual(field)) places[i] = place;
            }
        }

        var missing = Array.IndexOf(places, -1);
        return missing < 0 ? places : throw reader.Malformed($"the heading has no column \"{names[missing]}\"");
    }

    /// <summary>Takes the fields before <paramref name="end"/>: the device, and the numbers of the other named columns.</summary>
    private static ulong[] Take(ref LineReader reader, int[] columns, int end, out string device)
    {
        device = "";
        var numbers = new ulong[columns.Length];
        for (var place = 0; place < end; place++)
        {
            if (!reader.TryTakeField(out var field)) throw reader.Malformed($"the line ends before column {place + 1}");
            var column = Array.IndexOf(columns, place);
            if (column == 0) device = Encoding.ASCII.GetString(field);
            else if (column > 0) numbers[column] = reader.Number(field, $"column {place + 1}");
        }

        return numbers;
    }

    private static List<ResidentRun> Within(List<ResidentRun> runs, ulong pages)
    {
        var within = new List<ResidentRun>(runs.Count);
        foreach (var run in runs)
        {
            if (run.First < pages) within.Add(run with { Count = Math.Min(run.Count, pages - run.First) });
        }

        return within;
    }

    private static string Unescape(ReadOnlySpan<byte> path) => Encoding.UTF8.GetString(path).Replace("\\012", "\n", StringComparison.Ordinal);
}
