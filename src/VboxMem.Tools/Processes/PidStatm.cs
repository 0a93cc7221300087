namespace VboxMem.Tools.Processes;

/// <summary><c>/proc/PID/statm</c>, in pages of 4 KiB.</summary>
public readonly record struct PidStatm(ulong Size, ulong Resident, ulong Shared, ulong Code, ulong Library, ulong Data, ulong Dirty)
{
    /// <exception cref="ProcFormatException">The file is not seven numbers.</exception>
    public static PidStatm Parse(ReadOnlySpan<byte> text, string path)
    {
        var fields = new FieldReader(text, path, firstField: 1);
        return new PidStatm(
            fields.Unsigned("the size"), fields.Unsigned("the resident size"), fields.Unsigned("the shared size"),
            fields.Unsigned("the code size"), fields.Unsigned("the library size"), fields.Unsigned("the data size"),
            fields.Unsigned("the dirty size"));
    }
}
