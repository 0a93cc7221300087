namespace VboxMem.Tools.Parsing;

/// <summary><c>/proc/vmstat</c>: gauges in pages and event counters since boot; pgpgin and pgpgout in KiB.</summary>
/// <remarks>Lines <c>name NUMBER</c>. Gauges may print a short-lived negative number as one near 2^64; it is kept as it stands.</remarks>
public sealed class VmStat
{
    public const string Path = "/proc/vmstat";

    private VmStat(NamedCounters fields) => Fields = fields;

    /// <summary>Every line, in the file's order.</summary>
    public NamedCounters Fields { get; }

    /// <summary>KiB read from block devices, page cache and swap alike.</summary>
    public ulong? PgPgIn => Fields["pgpgin"u8];

    /// <summary>KiB written to block devices.</summary>
    public ulong? PgPgOut => Fields["pgpgout"u8];

    /// <summary>Pages read from swap.</summary>
    public ulong? PSwpIn => Fields["pswpin"u8];

    /// <summary>Pages written to swap.</summary>
    public ulong? PSwpOut => Fields["pswpout"u8];

    /// <exception cref="ProcFormatException">A line is no <c>name NUMBER</c>.</exception>
    public static VmStat Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var fields = new NamedCounters(text);
        var reader = new LineReader(fields.Text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);   // a line that is not empty has a first field
            var value = reader.TakeNumber(name);
            if (!reader.IsAtEnd)
                throw reader.Malformed($"\"{LineReader.Quote(reader.Rest)}\" behind the number; allowed is \"name NUMBER\"");
            fields.AddSlice(name, value);
        }

        return new VmStat(fields);
    }
}
