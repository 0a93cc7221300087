namespace VboxMem.Tools.Parsing;

/// <summary><c>/proc/loadavg</c>: averages in hundredths; tasks that want to run, and all there are.</summary>
public readonly record struct LoadAverages(ulong Load1, ulong Load5, ulong Load15, ulong Running, ulong Tasks)
{
    public const string Path = "/proc/loadavg";

    /// <exception cref="ProcFormatException">The file is not such as <c>0.00 0.01 0.05 1/123 4567</c>.</exception>
    public static LoadAverages Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var reader = new LineReader(text, path);
        if (!reader.TryNextLine()) throw reader.Malformed("empty; expected such as \"0.00 0.01 0.05 1/123 4567\"");
        var (one, five, fifteen) = (TakeLoad(ref reader), TakeLoad(ref reader), TakeLoad(ref reader));
        var running = reader.Number(reader.TakeUpTo((byte)'/').Trim(" "u8), "the number of running tasks");
        return new LoadAverages(one, five, fifteen, running, reader.TakeNumber("the number of tasks"));
    }

    private static ulong TakeLoad(ref LineReader reader)
    {
        reader.TryTakeField(out var field);
        return Hundredths.TryParse(field, out var value)
            ? value
            : throw reader.Malformed($"a load is \"{LineReader.Quote(field)}\", allowed are numbers with two digits behind the point");
    }
}
