// The effective settings as one canonical JSON text: every key with its value, defaults included, in the order of the
// key table; the vm section in the order in which its files are written.
//
// Invariant
//   E1  The text loads without mistakes, gives an equal machine, and its own effective text is the same text.

using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VboxMem.Profiles.Layers;

namespace VboxMem.Profiles;

internal sealed class EffectiveJson
{
    private readonly LayerStack _settings;
    private readonly Utf8JsonWriter _writer;

    private EffectiveJson(LayerStack settings, Utf8JsonWriter writer)
    {
        _settings = settings;
        _writer = writer;
    }

    public static string Write(LayerStack settings)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            writer.WriteStartObject();
            new EffectiveJson(settings, writer).Members("", []);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan) + "\n";
    }

    /// <summary>Writes the keys and sections that stand directly below a pattern.</summary>
    private void Members(string pattern, int[] indexes)
    {
        var prefix = pattern.Length == 0 ? "" : pattern + ":";
        foreach (var section in ChildrenOf(prefix))
        {
            var path = prefix + section;
            if (ProfileKeys.TryFind(path, out var key)) Member(key, section, indexes);
            else if (path == ProfileKeys.VmSection) VmSection();
            else
            {
                _writer.WriteStartObject(section);
                Members(path, indexes);
                _writer.WriteEndObject();
            }
        }
    }

    private void Member(ProfileKey key, string name, int[] indexes)
    {
        if (key is ScalarKey scalar)
        {
            _writer.WritePropertyName(name);
            Value(scalar, indexes);
            return;
        }

        _writer.WriteStartArray(name);
        for (var index = 0; index < _settings.Count((ListKey)key, indexes); index++) Item(key.Path + ":#", [.. indexes, index]);
        _writer.WriteEndArray();
    }

    private void Item(string pattern, int[] indexes)
    {
        if (ProfileKeys.TryFind(pattern, out var key))
        {
            Value((ScalarKey)key, indexes);
            return;
        }

        _writer.WriteStartObject();
        Members(pattern, indexes);
        _writer.WriteEndObject();
    }

    private void VmSection()
    {
        _writer.WriteStartObject(ProfileKeys.VmSection);
        foreach (var path in _settings.VmOrder)
        {
            if (!ProfileKeys.TryFind(path, out var key)) continue;
            _writer.WritePropertyName(path[(ProfileKeys.VmSection.Length + 1)..]);
            Value((ScalarKey)key, []);
        }

        _writer.WriteEndObject();
    }

    private void Value(ScalarKey key, int[] indexes)
    {
        var text = _settings.Text(key, indexes) ?? "";
        if (key.IsNumber || key.IsTruth) _writer.WriteRawValue(text);
        else _writer.WriteStringValue(text);
    }

    private static IEnumerable<string> ChildrenOf(string prefix) => ProfileKeys.All
        .Where(key => key.Path.StartsWith(prefix, StringComparison.Ordinal))
        .Select(key => key.Path[prefix.Length..].Split(':')[0])
        .Where(name => name != "#")
        .Distinct();
}
