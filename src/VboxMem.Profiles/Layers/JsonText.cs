// JSON text as a tree of values with line numbers. Comments and trailing commas are allowed, as
// Microsoft.Extensions.Configuration allows them; a name that stands twice in one object is an error.

using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace VboxMem.Profiles.Layers;

internal ref struct JsonText
{
    private const int MaxDepth = 16;

    private readonly ReadOnlySpan<byte> _text;
    private readonly string _source;
    private readonly bool _hasLines;
    private readonly List<string> _errors;
    private Utf8JsonReader _reader;
    private int _countedTo;
    private int _line = 1;

    private JsonText(ReadOnlySpan<byte> text, string source, bool hasLines, List<string> errors)
    {
        _hasLines = hasLines;
        _text = text;
        _source = source;
        _errors = errors;
        _reader = new Utf8JsonReader(text, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = MaxDepth,
        });
    }

    /// <summary>
    /// Reads a whole text. On failure the tree is null and <paramref name="errors"/> says why. Text without lines of its
    /// own, an option's value, has line 0 throughout.
    /// </summary>
    public static SourceNode? Parse(ReadOnlySpan<byte> text, string source, bool hasLines, List<string> errors)
    {
        if (text.StartsWith(Encoding.UTF8.Preamble)) text = text[Encoding.UTF8.Preamble.Length..];
        if (text.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            errors.Add($"{source}: the text is empty, allowed is a JSON object");
            return null;
        }

        if (!Utf8.IsValid(text))
        {
            errors.Add($"{source}: not UTF-8 text");
            return null;
        }

        return new JsonText(text, source, hasLines, errors).Read();
    }

    private SourceNode? Read()
    {
        var errorsBefore = _errors.Count;
        try
        {
            _reader.Read();
            var root = Value();
            while (_reader.Read()) { }   // anything but comments and blanks after the value throws
            return _errors.Count == errorsBefore ? root : null;
        }
        catch (JsonException exception)
        {
            _errors.Add(SyntaxError(exception));
        }
        catch (InvalidOperationException)   // an escape that is half of a surrogate pair
        {
            _errors.Add($"{Place(Line())}: not valid JSON, a string with half of a surrogate pair (\\ud800..\\udfff)");
        }

        return null;
    }

    private SourceNode Value()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject: return Object();
            case JsonTokenType.StartArray: return Array();
            case JsonTokenType.String: return new SourceNode(NodeKind.String, _reader.GetString()!, Line());
            case JsonTokenType.Number: return new SourceNode(NodeKind.Number, Encoding.UTF8.GetString(_reader.ValueSpan), Line());
            case JsonTokenType.True: return new SourceNode(NodeKind.True, "true", Line());
            case JsonTokenType.False: return new SourceNode(NodeKind.False, "false", Line());
            default: return new SourceNode(NodeKind.Null, "", Line());
        }
    }

    private SourceNode Object()
    {
        var node = new SourceNode(NodeKind.Object, "", Line());
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = _reader.GetString()!;
            var line = Line();
            _reader.Read();
            if (!node.TryAdd(name, Value()))
                _errors.Add($"{Place(line)}: {OneLine.Of(name)}: the key stands twice in one object, allowed is once");
        }

        return node;
    }

    private SourceNode Array()
    {
        var node = new SourceNode(NodeKind.Array, "", Line());
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            node.Items.Add(Value());
        return node;
    }

    private int Line()
    {
        if (!_hasLines) return 0;
        var position = Math.Max(_countedTo, (int)_reader.TokenStartIndex);
        _line += _text[_countedTo..position].Count((byte)'\n');
        _countedTo = position;
        return _line;
    }

    private readonly string Place(int line) => _hasLines ? $"{_source}:{line}" : _source;

    private readonly string SyntaxError(JsonException exception)
    {
        var line = (int)(exception.LineNumber ?? 0);
        var place = $"{Place(line + 1)}: not valid JSON";
        var rest = _text;
        for (; line > 0; line--) rest = rest[(rest.IndexOf((byte)'\n') + 1)..];
        var column = (int)Math.Min(exception.BytePositionInLine ?? 0, rest.Length);
        if (_reader.CurrentDepth >= MaxDepth - 1)   // an opening bracket counts as outside of what it opens
            return $"{place}, nested more than {MaxDepth} deep";

        rest = rest[column..];
        if (rest.IsEmpty) return $"{place}, the text ends too early";
        Rune.DecodeFromUtf8(rest, out var unexpected, out _);
        return unexpected.Value is '\r' or '\n'
            ? $"{place}, unexpected end of line"
            : $"{place}, unexpected '{OneLine.Of(unexpected.ToString())}' at column {column + 1}";
    }
}
