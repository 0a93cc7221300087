using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Free;

/// <summary>free's output, byte for byte: a label of 9 columns, then numbers of 11 with a blank between.</summary>
internal static class FreeText
{
    internal static void Write(TextWriter writer, in MemoryFigures memory, FreeOptions options)
    {
        writer.Write(options.Wide
            ? "               total        used        free      shared     buffers       cache   available\n"
            : "               total        used        free      shared  buff/cache   available\n");
        if (options.Wide)
        {
            Row(writer, options, "Mem:", memory.Total, memory.Used, memory.Free, memory.Shared,
                memory.Buffers, memory.Cache, memory.Available);
        }
        else
        {
            Row(writer, options, "Mem:", memory.Total, memory.Used, memory.Free, memory.Shared,
                memory.BuffersAndCache, memory.Available);
        }

        if (options.LowHigh)
        {
            Row(writer, options, "Low:", memory.LowTotal, memory.LowUsed, memory.LowFree);
            Row(writer, options, "High:", memory.HighTotal, memory.HighUsed, memory.HighFree);
        }

        Row(writer, options, "Swap:", memory.SwapTotal, memory.SwapUsed, memory.SwapFree);
        unchecked
        {
            if (options.Totals)
            {
                Row(writer, options, "Total:",
                    memory.Total + memory.SwapTotal, memory.Used + memory.SwapUsed, memory.Free + memory.SwapFree);
            }

            if (options.Committed)
            {
                Row(writer, options, "Comm:", memory.CommitLimit, memory.Committed, memory.CommitLimit - memory.Committed);
            }
        }
    }

    /// <summary>-L: no line end; when repeating, only the last line has its own.</summary>
    internal static void WriteOneLine(TextWriter writer, in MemoryFigures memory, FreeOptions options)
    {
        Labelled(writer, options, "SwapUse", memory.SwapUsed);
        Labelled(writer, options, "CachUse", memory.BuffersAndCache);
        Labelled(writer, options, " MemUse", memory.Used);
        Labelled(writer, options, "MemFree", memory.Free);
    }

    private static void Labelled(TextWriter writer, FreeOptions options, string label, long kilobytes)
    {
        writer.Write(label);
        writer.Write(' ');
        writer.Right(options.Scale.Format(kilobytes), 11);
        writer.Write(' ');
    }

    private static void Row(TextWriter writer, FreeOptions options, string label, params ReadOnlySpan<long> kilobytes)
    {
        writer.Left(label, 9);
        for (var i = 0; i < kilobytes.Length; i++)
        {
            if (i > 0) writer.Write(' ');
            writer.Right(options.Scale.Format(kilobytes[i]), 11);
        }

        writer.Write('\n');
    }
}
