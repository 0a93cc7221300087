namespace VboxMem.Tools.Parsing;

/// <summary><c>/proc/meminfo</c>: sizes in kB, and the counts of huge pages, which have no unit.</summary>
/// <remarks>Lines <c>Name:   NUMBER kB</c>; facts 6.6. A line without <c>kB</c> is whole only if it is a HugePages_ count.</remarks>
public sealed class Meminfo
{
    public const string Path = "/proc/meminfo";

    private Meminfo(NamedCounters fields) => Fields = fields;

    /// <summary>Every line, in the file's order.</summary>
    public NamedCounters Fields { get; }

    public ulong? MemTotal => Fields["MemTotal"u8];

    public ulong? MemFree => Fields["MemFree"u8];

    public ulong? MemAvailable => Fields["MemAvailable"u8];

    public ulong? Buffers => Fields["Buffers"u8];

    public ulong? Cached => Fields["Cached"u8];

    public ulong? SReclaimable => Fields["SReclaimable"u8];

    public ulong? Shmem => Fields["Shmem"u8];

    public ulong? Active => Fields["Active"u8];

    public ulong? Inactive => Fields["Inactive"u8];

    public ulong? LowTotal => Fields["LowTotal"u8];

    public ulong? LowFree => Fields["LowFree"u8];

    public ulong? HighTotal => Fields["HighTotal"u8];

    public ulong? HighFree => Fields["HighFree"u8];

    public ulong? SwapTotal => Fields["SwapTotal"u8];

    public ulong? SwapFree => Fields["SwapFree"u8];

    public ulong? CommitLimit => Fields["CommitLimit"u8];

    public ulong? CommittedAs => Fields["Committed_AS"u8];

    /// <exception cref="ProcFormatException">A line is no <c>Name: NUMBER kB</c>.</exception>
    public static Meminfo Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var fields = new NamedCounters(text);
        var reader = new LineReader(fields.Text, path);
        while (reader.TryNextLine())
        {
            var name = reader.TakeUpTo((byte)':');
            if (name.IsEmpty) throw reader.Malformed("the line has no name before \":\"");
            var label = LineReader.Quote(name);
            var value = reader.TakeNumber(label);
            CheckUnit(ref reader, name, label);
            fields.AddSlice(name, value);
        }

        return new Meminfo(fields);
    }

    private static void CheckUnit(ref LineReader reader, ReadOnlySpan<byte> name, string label)
    {
        var hasUnit = reader.TryTakeField(out var unit);
        if (!hasUnit && name.StartsWith("HugePages_"u8)) return;
        if (!hasUnit) throw reader.Malformed($"{label} has no unit: the line is cut off, or not of meminfo; allowed is kB");
        if (!unit.SequenceEqual("kB"u8)) throw reader.Malformed($"{label} has the unit \"{LineReader.Quote(unit)}\", allowed is kB");
    }
}
