// /sys/kernel/debug/vbox/pageblocks: whose the frames of each pageblock are. A large box has very many, so they are kept as plain
// arrays: a line is a run of pageblocks that are alike, and its counts lie behind each other.
//
// Invariants
//   P1  Runs rise by frame and do not overlap.
//   P2  The counts of a run add up to FramesPerBlock, holes included.
//
// Units   frames of 4 KiB.

using System.Globalization;
using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>Pageblocks behind each other that are alike.</summary>
/// <param name="Pfn">First frame.</param>
/// <param name="Blocks">How many pageblocks.</param>
/// <param name="Node">Their node.</param>
/// <param name="Zone">Index into <see cref="Pageblocks.Zones"/>.</param>
/// <param name="Type">Index into <see cref="Pageblocks.Types"/>.</param>
public readonly record struct PageblockRun(ulong Pfn, int Blocks, int Node, int Zone, int Type);

public sealed class Pageblocks
{
    public const string Path = "/sys/kernel/debug/vbox/pageblocks";

    public const int FramesPerBlock = 512;

    private const int ColumnsBeforeCounts = 5;

    private readonly List<PageblockRun> _runs = [];
    private readonly List<ushort> _counts = [];
    private readonly List<string> _owners = [];
    private readonly List<string> _zones = [];
    private readonly List<string> _types = [];

    private Pageblocks()
    {
    }

    public IReadOnlyList<PageblockRun> Runs => _runs;

    /// <summary>Names of the columns of counts: reserved, free, ….</summary>
    public IReadOnlyList<string> Owners => _owners;

    /// <summary>Names of zones and migrate types, in the order in which they came.</summary>
    public IReadOnlyList<string> Zones => _zones;

    public IReadOnlyList<string> Types => _types;

    /// <summary>Frames by owner of one pageblock of a run.</summary>
    public ReadOnlySpan<ushort> Counts(int run) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_counts).Slice(run * _owners.Count, _owners.Count);

    /// <exception cref="ProcFormatException">The heading is another, or a line has too few columns.</exception>
    public static Pageblocks Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var blocks = new Pageblocks();
        var reader = new LineReader(text, path);
        if (!reader.TryNextLine()) throw reader.Malformed("empty; expected the heading \"pfn blocks node zone type …\"");
        foreach (var column in (string[])["pfn", "blocks", "node", "zone", "type"]) reader.Skip(Encoding.UTF8.GetBytes(column));
        while (reader.TryTakeField(out var owner)) blocks._owners.Add(Encoding.UTF8.GetString(owner));
        while (reader.TryNextLine()) blocks.TakeRun(ref reader);
        return blocks;
    }

    private void TakeRun(ref LineReader reader)
    {
        if (!reader.TryTakeField(out var pfn)) throw reader.Malformed("expected the first frame");
        var blocks = reader.TakeNumber("blocks");
        var node = reader.TakeNumber("the node");
        if (!reader.TryTakeField(out var zone) || !reader.TryTakeField(out var type)) throw reader.Malformed($"fewer than {ColumnsBeforeCounts} columns");
        if (blocks is 0 or > int.MaxValue || node > int.MaxValue) throw reader.Malformed("a run of no length, or of an absurd one");
        _runs.Add(new PageblockRun(Hexadecimal(ref reader, pfn), (int)blocks, (int)node, IndexOf(_zones, zone), IndexOf(_types, type)));
        for (var i = 0; i < _owners.Count; i++)
        {
            var count = reader.TakeNumber(_owners[i]);
            if (count > FramesPerBlock) throw reader.Malformed($"{_owners[i]} has {count} frames, a pageblock has {FramesPerBlock}");
            _counts.Add((ushort)count);
        }
    }

    private static ulong Hexadecimal(ref LineReader reader, ReadOnlySpan<byte> field) =>
        field.StartsWith("0x"u8) && ulong.TryParse(field[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var pfn)
            ? pfn
            : throw reader.Malformed($"the frame is \"{LineReader.Quote(field)}\", expected such as 0x1000");

    private static int IndexOf(List<string> names, ReadOnlySpan<byte> name)
    {
        Span<char> buffer = stackalloc char[Math.Min(name.Length, 64)];
        var length = Encoding.UTF8.GetChars(name[..buffer.Length], buffer);
        for (var i = 0; i < names.Count; i++)
        {
            if (buffer[..length].SequenceEqual(names[i])) return i;
        }

        names.Add(buffer[..length].ToString());
        return names.Count - 1;
    }
}
