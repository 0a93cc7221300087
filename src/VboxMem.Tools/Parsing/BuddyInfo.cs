using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A line of <c>/proc/buddyinfo</c>: a zone's free blocks.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Zone">Its name.</param>
/// <param name="FreeBlocks">By order: blocks of 2^order pages.</param>
public sealed record BuddyInfo(int Node, string Zone, IReadOnlyList<ulong> FreeBlocks)
{
    public const string Path = "/proc/buddyinfo";

    private const int MostOrders = 32;

    /// <summary>Free pages, as blocks of all orders.</summary>
    public ulong FreePages
    {
        get
        {
            var pages = 0UL;
            for (var order = 0; order < FreeBlocks.Count; order++) pages += FreeBlocks[order] << order;
            return pages;
        }
    }

    /// <exception cref="ProcFormatException">A line is not a node, a zone, and a number for each order.</exception>
    public static IReadOnlyList<BuddyInfo> Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var zones = new List<BuddyInfo>();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.Skip("Node"u8);
            var node = reader.Number(reader.TakeUpTo((byte)',').Trim(" "u8), "the node");
            reader.Skip("zone"u8);
            if (node > int.MaxValue || !reader.TryTakeField(out var zone)) throw reader.Malformed("expected such as \"Node 0, zone DMA32\"");
            var blocks = new List<ulong>();
            while (reader.TakeNumberIfAny("a number of blocks") is { } count)
            {
                if (blocks.Count == MostOrders || count > ulong.MaxValue >> MostOrders)
                    throw reader.Malformed($"more blocks than any machine has, at order {blocks.Count}");
                blocks.Add(count);
            }

            if (blocks.Count == 0) throw reader.Malformed("the line ends before the blocks of order 0");
            zones.Add(new BuddyInfo((int)node, Encoding.UTF8.GetString(zone), blocks));
        }

        return zones;
    }
}
