// What somebody wrote, before anything is known about its meaning: a tree of values, each with the line it stands in.
// All layers take this form: a JSON file as it is, environment and command line by splitting their keys.

namespace VboxMem.Profiles.Layers;

internal enum NodeKind
{
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,

    /// <summary>A value of the environment or the command line, which have no types.</summary>
    Plain,
}

internal sealed class SourceNode(NodeKind kind, string text, int line)
{
    private readonly Dictionary<string, int> _places = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Name, SourceNode Value)> _members = [];

    public NodeKind Kind => kind;

    /// <summary>The value of a string, the digits of a number, true and false; empty for objects and arrays.</summary>
    public string Text => text;

    /// <summary>Line in the file, from 1; 0 where there is no file.</summary>
    public int Line => line;

    public List<SourceNode> Items { get; } = [];

    /// <summary>Members of an object, in the order they were written.</summary>
    public IReadOnlyList<(string Name, SourceNode Value)> Members => _members;

    /// <summary>The value as it was written, for messages.</summary>
    public string Display => kind switch
    {
        NodeKind.Object => "{…}",
        NodeKind.Array => "[…]",
        NodeKind.True => "true",
        NodeKind.False => "false",
        NodeKind.Null => "null",
        NodeKind.String => $"\"{OneLine.Of(text)}\"",
        NodeKind.Plain when text.Length == 0 || text.Contains(' ') => $"\"{OneLine.Of(text)}\"",
        _ => OneLine.Of(text),
    };

    public bool TryFind(string name, out SourceNode value)
    {
        var found = _places.TryGetValue(name, out var place);
        value = found ? _members[place].Value : this;
        return found;
    }

    /// <summary>Adds a member; false if there is one of that name, whose capitals do not matter.</summary>
    public bool TryAdd(string name, SourceNode value)
    {
        if (!_places.TryAdd(name, _members.Count)) return false;
        _members.Add((name, value));
        return true;
    }

    /// <summary>Puts a value in the place of the member of that name, or adds it; it counts as written last.</summary>
    public void Replace(string name, SourceNode value)
    {
        if (_places.Remove(name, out var place))
        {
            _members.RemoveAt(place);
            _places.Clear();
            for (var at = 0; at < _members.Count; at++) _places.Add(_members[at].Name, at);
        }

        TryAdd(name, value);
    }
}
