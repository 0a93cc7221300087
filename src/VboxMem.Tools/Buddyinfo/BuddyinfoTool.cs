// buddyinfo: the free blocks of each zone by order, and how hard it is to get one.
//
//   Node 0, zone    DMA32      free 74.3 MiB in 8841 blocks
//   order            0     1     2 …      10
//   blocks        8410   301    88 …       0
//   MiB           32.9   2.4   1.4 …     0.0
//   index         free  free  free …   0.987
//   unusable       0 %  44 %  47 % …   100 %
//
// index is the kernel's fragmentation index where no block is large enough: near 0 memory is missing, near 1 it lies scattered.
//
// Reads   /proc/buddyinfo.

using System.Globalization;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Buddyinfo;

public static class BuddyinfoTool
{
    public const string Name = "buddyinfo";

    private const int LabelWidth = 9;
    private const int ColumnWidth = 8;
    private const decimal PagesPerMebibyte = 256;

    private const string Usage =
        """
        Usage: buddyinfo [--json]

             --json     the zones as JSON
          -h --help     this text

        """;

    private static readonly LongOption[] _longOptions =
    [
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'h'),
    ];

    /// <summary>Runs buddyinfo. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () =>
        {
            var parser = new GetOptLong(arguments, "h", _longOptions, Usage);
            var isJson = false;
            while (parser.TryNext(out var id))
            {
                if (id == 'h') return ToolSession.PrintUsage(context, Usage);
                isJson = true;
            }

            if (parser.Operands.Count > 0) throw new UsageException("", Usage);
            var zones = Read(context);
            if (isJson) JsonText.WriteLine(context.Out, zones, WriteJson);
            else Write(context.Out, zones);
            return ToolSession.Success;
        });

    /// <summary>Reads the model that buddyinfo prints.</summary>
    /// <exception cref="ToolException">The file cannot be read or is malformed.</exception>
    public static IReadOnlyList<BuddyInfo> Read(ToolContext context) =>
        ToolSession.Load<IReadOnlyList<BuddyInfo>>(context, BuddyInfo.Path, BuddyInfo.Parse, static errno =>
            errno == Errno.None ? $"cannot use {BuddyInfo.Path}" : $"cannot read {BuddyInfo.Path}: {errno.Describe()}");

    private static void Write(TextWriter writer, IReadOnlyList<BuddyInfo> zones)
    {
        for (var i = 0; i < zones.Count; i++)
        {
            if (i > 0) writer.Write('\n');
            WriteZone(writer, zones[i]);
        }
    }

    private static void WriteZone(TextWriter writer, BuddyInfo zone)
    {
        var orders = Fragmentation.Of(zone);
        var blocks = 0UL;
        foreach (var order in orders) blocks += order.FreeBlocks;
        writer.Write(string.Create(CultureInfo.InvariantCulture,
            $"Node {zone.Node}, zone {zone.Zone,8}      free {Mebibytes(zone.FreePages)} MiB in {blocks} {(blocks == 1 ? "block" : "blocks")}\n"));
        Row(writer, "order", orders, static order => order.Order.ToString(CultureInfo.InvariantCulture));
        Row(writer, "blocks", orders, static order => order.FreeBlocks.ToString(CultureInfo.InvariantCulture));
        Row(writer, "MiB", orders, static order => Mebibytes(order.FreeBlocks << order.Order));
        Row(writer, "index", orders, static order =>
            order.Index < 0 ? "free" : (order.Index / 1000m).ToString("0.000", CultureInfo.InvariantCulture));
        Row(writer, "unusable", orders, static order => $"{(order.UnusablePerMille / 10m).ToString("0.#", CultureInfo.InvariantCulture)} %");
    }

    private static void Row(TextWriter writer, string label, IReadOnlyList<Fragmentation> orders, Func<Fragmentation, string> cell)
    {
        writer.Left(label, LabelWidth);
        foreach (var order in orders) writer.Right(cell(order), ColumnWidth);
        writer.Write('\n');
    }

    private static string Mebibytes(ulong pages) => (pages / PagesPerMebibyte).ToString("0.0", CultureInfo.InvariantCulture);

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<BuddyInfo> zones)
    {
        json.WriteStartObject();
        json.WriteStartArray("zones");
        foreach (var zone in zones)
        {
            json.WriteStartObject();
            json.WriteNumber("node", zone.Node);
            json.WriteString("zone", zone.Zone);
            json.WriteNumber("freePages", zone.FreePages);
            json.WriteStartArray("orders");
            foreach (var order in Fragmentation.Of(zone))
            {
                json.WriteStartObject();
                json.WriteNumber("order", order.Order);
                json.WriteNumber("freeBlocks", order.FreeBlocks);
                json.WriteNumber("fragmentationIndexPerMille", order.Index);
                json.WriteNumber("unusablePerMille", order.UnusablePerMille);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
