using System.Buffers.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A line of <c>/proc/pressure/*</c>: averages in hundredths of a per cent, the total in microseconds.</summary>
public readonly record struct PressureLine(ulong Average10, ulong Average60, ulong Average300, ulong TotalMicroseconds);

/// <summary><c>/proc/pressure/{cpu,io,memory}</c>. A line that is not there (full, on old kernels) is null.</summary>
public readonly record struct PressureFile(PressureLine? Some, PressureLine? Full)
{
    /// <exception cref="ProcFormatException">A line is no <c>some avg10=0.00 avg60=0.00 avg300=0.00 total=0</c>.</exception>
    public static PressureFile Parse(ReadOnlySpan<byte> text, string path)
    {
        PressureLine? some = null, full = null;
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var kind);
            var isSome = kind.SequenceEqual("some"u8);
            if (!isSome && !kind.SequenceEqual("full"u8)) throw reader.Malformed($"expected some or full, found \"{LineReader.Quote(kind)}\"");
            var line = new PressureLine(
                TakeHundredths(ref reader, "avg10="u8), TakeHundredths(ref reader, "avg60="u8), TakeHundredths(ref reader, "avg300="u8),
                reader.Number(TakeLabelled(ref reader, "total="u8), "total"));
            if (isSome) some = line;
            else full = line;
        }

        return new PressureFile(some, full);
    }

    private static ReadOnlySpan<byte> TakeLabelled(ref LineReader reader, ReadOnlySpan<byte> label)
    {
        if (!reader.TryTakeField(out var field) || !field.StartsWith(label))
            throw reader.Malformed($"expected \"{LineReader.Quote(label)}\", found \"{LineReader.Quote(field)}\"");
        return field[label.Length..];
    }

    private static ulong TakeHundredths(ref LineReader reader, ReadOnlySpan<byte> label)
    {
        var field = TakeLabelled(ref reader, label);
        if (Hundredths.TryParse(field, out var value)) return value;
        throw reader.Malformed($"{LineReader.Quote(label)} is followed by \"{LineReader.Quote(field)}\", allowed are per cent with two digits behind the point");
    }
}

/// <summary>Numbers with two digits behind the point, as load and pressure are printed.</summary>
internal static class Hundredths
{
    internal static bool TryParse(ReadOnlySpan<byte> field, out ulong hundredths)
    {
        hundredths = 0;
        var point = field.IndexOf((byte)'.');
        if (point < 1 || field.Length != point + 3) return false;
        if (!Utf8Parser.TryParse(field[..point], out ulong whole, out var length) || length != point || whole > ulong.MaxValue / 100 - 1) return false;
        if (!Utf8Parser.TryParse(field[(point + 1)..], out ulong part, out length) || length != 2) return false;
        hundredths = whole * 100 + part;
        return true;
    }
}
