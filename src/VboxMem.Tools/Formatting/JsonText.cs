using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VboxMem.Tools.Formatting;

/// <summary>Writes a model as one line of JSON, so that repeated readings make one object a line.</summary>
internal static class JsonText
{
    // The reader is a program or a terminal, never a web page: names stay legible.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void WriteLine<T>(TextWriter writer, T model, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options)) write(json, model);
        writer.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        writer.Write('\n');
    }

    /// <summary>A value the file has not is left out: absent is not zero.</summary>
    internal static void Optional(this Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } present) json.WriteNumber(name, present);
    }
}
