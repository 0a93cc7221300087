namespace VboxMem.Tools.Parsing;

/// <summary><c>/proc/uptime</c>, in hundredths of a second: since boot, and idle time summed over all CPUs.</summary>
public readonly record struct Uptime(ulong Centiseconds, ulong IdleCentiseconds)
{
    public const string Path = "/proc/uptime";

    /// <exception cref="ProcFormatException">The file is not two numbers with two digits behind the point.</exception>
    public static Uptime Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var reader = new LineReader(text, path);
        if (!reader.TryNextLine()) throw reader.Malformed("empty; expected two numbers such as \"12.34 56.78\"");
        return new Uptime(TakeCentiseconds(ref reader, "uptime"), TakeCentiseconds(ref reader, "idle time"));
    }

    private static ulong TakeCentiseconds(ref LineReader reader, string what)
    {
        if (!reader.TryTakeField(out var field)) throw reader.Malformed($"the line ends before the {what}");
        var point = field.IndexOf((byte)'.');
        if (point < 0 || field.Length != point + 3)
            throw reader.Malformed($"the {what} is \"{LineReader.Quote(field)}\", allowed are seconds with two digits behind the point");

        var seconds = reader.Number(field[..point], what);
        if (seconds > ulong.MaxValue / 100 - 1) throw reader.Malformed($"the {what} of {seconds} s is too large");
        return seconds * 100 + reader.Number(field[(point + 1)..], what);
    }
}
