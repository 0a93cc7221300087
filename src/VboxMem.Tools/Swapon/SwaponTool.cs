// swapon --show: the swap areas in use. Making an area one is not for a tool that only reads; it is refused here.
//
// UUID and label stand in the area itself, which is no file of the tree: they are blank, as they are for the real swapon when it
// cannot open the area.
//
// Reads   /proc/swaps.
// Models  util-linux 2.38.1 in the C locale.
// Departs a malformed line is an error, where swapon says so and goes on; a missing file is named; a byte of a name that is no
//         UTF-8 is shown as U+FFFD.

using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Swapon;

public static class SwaponTool
{
    public const string Name = "swapon";

    /// <summary>swapon's own code for a failure that is not about the command line.</summary>
    private const int Failed = 255;

    private const string DeletedMark = "\\040(deleted)";

    /// <summary>Runs swapon. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ToolSession.Run(Name, context, () => Run(SwaponOptions.Parse(arguments), context), ToolSession.UtilLinuxUsage);
    }

    /// <summary>Reads the model that swapon prints: file names without the kernel's escapes and its mark of deleted files.</summary>
    /// <exception cref="ToolException">swaps cannot be read or is malformed.</exception>
    public static IReadOnlyList<SwapArea> Read(ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var errno = context.Tree.TryRead(SwapArea.Path, out var content);
        if (errno != Errno.None) throw new ToolException($"cannot open {SwapArea.Path}: {errno.Describe()}", Failed);
        if (content.IsEmpty) return [];   // of a kernel without swap
        try
        {
            var areas = new List<SwapArea>();
            foreach (var area in SwapArea.Parse(content.Span)) areas.Add(area with { File = Unescape(area.File) });
            return areas;
        }
        catch (ProcFormatException malformed)
        {
            throw new ToolException(malformed.Message, Failed);
        }
    }

    private static int Run(SwaponOptions options, ToolContext context)
    {
        if (options.ShowUsage)
        {
            context.Out.Write(SwaponOptions.Usage);
            return ToolSession.Success;
        }

        if (options.ShowVersion)
        {
            context.Out.Write(context.Version == ProcpsVersion.V4_0_2 ? "swapon from util-linux 2.38.1\n" : "swapon from util-linux 2.41\n");
            return ToolSession.Success;
        }

        if (options.Refusal is { } refusal) throw new ToolException(refusal);

        var areas = Read(context);
        if (options.Json) JsonText.WriteLine(context.Out, areas, WriteJson);
        else if (areas.Count > 0 && options.Summary) SwaponText.WriteSummary(context.Out, areas);
        else if (areas.Count > 0) SwaponText.WriteTable(context.Out, areas, options);
        return ToolSession.Success;
    }

    private static string Unescape(string file)
    {
        if (file.EndsWith(DeletedMark, StringComparison.Ordinal)) file = file[..^DeletedMark.Length];
        if (!file.Contains('\\', StringComparison.Ordinal)) return file;
        var text = Encoding.UTF8.GetBytes(file);
        var plain = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'\\' && i + 3 < text.Length && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) && IsOctal(text[i + 3]))
            {
                plain.Add((byte)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0'));
                i += 3;
            }
            else
            {
                plain.Add(text[i]);
            }
        }

        return Encoding.UTF8.GetString([.. plain]);
    }

    private static bool IsOctal(byte digit) => digit is >= (byte)'0' and <= (byte)'7';

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<SwapArea> areas)
    {
        json.WriteStartObject();
        json.WriteStartArray("areas");
        foreach (var area in areas)
        {
            json.WriteStartObject();
            json.WriteString("name", area.File);
            json.WriteString("type", area.Type);
            json.WriteNumber("sizeKilobytes", area.SizeKilobytes);
            json.WriteNumber("usedKilobytes", area.UsedKilobytes);
            json.WriteNumber("priority", area.Priority);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
