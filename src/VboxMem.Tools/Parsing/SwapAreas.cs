using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A row of <c>/proc/swaps</c>, in KiB.</summary>
/// <param name="File">Its file, blanks in it written \040.</param>
/// <param name="SizeKilobytes">Size.</param>
/// <param name="UsedKilobytes">Used.</param>
/// <param name="Priority">Areas of higher priority are used first.</param>
/// <param name="Type">partition or file.</param>
public readonly record struct SwapArea(string File, ulong SizeKilobytes, ulong UsedKilobytes, long Priority, string Type)
{
    public const string Path = "/proc/swaps";

    /// <summary>The last part of its path.</summary>
    public string Name => File[(File.LastIndexOf('/') + 1)..];

    /// <exception cref="ProcFormatException">The heading is missing, or a row does not have its five columns.</exception>
    public static IReadOnlyList<SwapArea> Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var areas = new List<SwapArea>();
        var reader = new LineReader(text, path);
        if (!reader.TryNextLine()) throw reader.Malformed("empty; expected the heading \"Filename Type Size Used Priority\"");
        reader.Skip("Filename"u8);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var file);
            if (!reader.TryTakeField(out var type)) throw reader.Malformed("the line ends before the type");
            var (size, used) = (reader.TakeNumber("the size"), reader.TakeNumber("what is used"));
            areas.Add(new SwapArea(Encoding.UTF8.GetString(file), size, used, TakePriority(ref reader), Encoding.UTF8.GetString(type)));
        }

        return areas;
    }

    private static long TakePriority(ref LineReader reader)
    {
        reader.TryTakeField(out var field);
        var isNegative = field.StartsWith("-"u8);
        var size = reader.Number(isNegative ? field[1..] : field, "the priority");
        if (size > short.MaxValue + 1) throw reader.Malformed($"the priority is {size}, allowed -32768..32767");
        return isNegative ? -(long)size : (long)size;
    }
}
