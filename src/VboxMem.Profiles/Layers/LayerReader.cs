// From what somebody wrote to a checked layer: walks the tree along the key table and adds a line for every mistake.

using System.Globalization;
using System.Text;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Profiles.Layers;

internal sealed class LayerReader(string source, List<string> errors)
{
    private readonly ProfileLayer _layer = new(source);

    /// <summary>Reads the tree; its mistakes are added to the errors, and the rest makes the layer.</summary>
    public static ProfileLayer Read(SourceNode root, string source, List<string> errors)
    {
        var reader = new LayerReader(source, errors);
        if (root.Kind == NodeKind.Object) reader.Section(root, "", "");
        else errors.Add($"{source}:{root.Line}: the profile = {root.Display}: allowed is a JSON object");
        return reader._layer;
    }

    private void Section(SourceNode node, string path, string pattern)
    {
        foreach (var (name, value) in node.Members)
        {
            var childPath = Join(path, name);
            var childPattern = Join(pattern, name);
            if (name.Contains(':'))
                Complain(childPath, value, "a ':' cannot stand in a JSON key, allowed are objects within objects");
            else if (ProfileKeys.TryFind(childPattern, out var key))
                Known(value, Join(path, key.Path[(key.Path.LastIndexOf(':') + 1)..]), key);
            else if (ProfileKeys.IsSection(childPattern))
                Subsection(value, childPath.ToLowerInvariant(), childPattern.ToLowerInvariant());   // sections are in small letters
            else
                Unknown(value, childPath);
        }
    }

    private void Known(SourceNode value, string path, ProfileKey key)
    {
        if (key is ListKey list) List(value, path, list);
        else Scalar(value, path, (ScalarKey)key);
    }

    private void Subsection(SourceNode value, string path, string pattern)
    {
        if (value.Kind == NodeKind.Object) Section(value, path, pattern);
        else Complain(path, value, "a section, allowed is an object of keys");
    }

    private void Scalar(SourceNode value, string path, ScalarKey key)
    {
        if (value.Kind == NodeKind.Object && value.Line == 0)
        {
            foreach (var (name, inner) in value.Members) Unknown(inner, Join(path, name));
            return;
        }

        var problem = value.Kind switch
        {
            NodeKind.Object => "an object",
            NodeKind.Array => "a list",
            NodeKind.Null => "no value",
            NodeKind.True or NodeKind.False when !key.IsTruth => "a truth value",
            NodeKind.Number when !key.TakesNumber => "a number",
            _ => "",
        };
        var canonical = problem.Length == 0 ? key.Canonical(value.Text, out problem) : null;
        if (canonical is null) Complain(path, value, $"{problem}, allowed {key.Allowed}");
        else Add(path, canonical, value);
    }

    private void List(SourceNode value, string path, ListKey key)
    {
        if (Items(value, path) is not { } items) return;
        if (items.Count > key.Maximum)
        {
            Complain(path, value, $"{items.Count} items, allowed {key.Allowed}");
            return;
        }

        _layer.Lists.Add(path);
        Add(path, items.Count.ToString(CultureInfo.InvariantCulture), value);
        var itemPattern = key.Path + ":#";
        for (var index = 0; index < items.Count; index++)
        {
            var itemPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{index}");
            _layer.Origins[itemPath] = OriginOf(items[index]);
            if (ProfileKeys.TryFind(itemPattern, out var itemKey)) Known(items[index], itemPath, itemKey);
            else if (items[index].Kind == NodeKind.Object) Section(items[index], itemPath, itemPattern);
            else Complain(itemPath, items[index], "not an item, allowed is an object of keys");
        }
    }

    /// <summary>The items of a list in any of its forms; null, after a complaint, where it is no list.</summary>
    private IReadOnlyList<SourceNode>? Items(SourceNode value, string path)
    {
        switch (value.Kind)
        {
            case NodeKind.Array:
                return value.Items;
            case NodeKind.Object when value.Line == 0 && ByIndex(value) is { } items:
                return items;
            case NodeKind.Object when value.Line == 0:
                Complain(path, value, "indexes with gaps or no indexes, allowed 0, 1, 2 and so on");
                return null;
            case NodeKind.Plain when value.Text.Length == 0:
                return [];
            case NodeKind.Plain when value.Text.TrimStart().StartsWith('['):
                var before = errors.Count;
                var parsed = JsonText.Parse(Encoding.UTF8.GetBytes(value.Text), $"{source}: {path}", hasLines: false, errors);
                if (parsed is null) _layer.Broken.Add(path);
                return parsed?.Items;
            default:
                Complain(path, value, "not a list, allowed is a JSON list");
                return null;
        }
    }

    private static SourceNode[]? ByIndex(SourceNode value)
    {
        var items = new SourceNode[value.Members.Count];
        for (var index = 0; index < items.Length; index++)
        {
            if (!value.TryFind(index.ToString(CultureInfo.InvariantCulture), out items[index])) return null;
        }

        return items;
    }

    private void Unknown(SourceNode value, string path)
    {
        if (path.StartsWith(ProfileKeys.VmSection + ":", StringComparison.OrdinalIgnoreCase) &&
            SysctlTable.TryFind(path[(ProfileKeys.VmSection.Length + 1)..].ToLowerInvariant(), out var file) && file.IsAction)
        {
            Complain(path, value, "starts something when written and keeps no value, allowed are the other files of /proc/sys/vm");
            return;
        }

        if (ProfileKeys.IsReserved(path))
        {
            Complain(path, value, "reserved, not there yet: leave it out");
            return;
        }

        var nearest = NearestKey.To(path);
        if (nearest is not null) _layer.Broken.Add(nearest);
        var section = path.Contains(':') ? path[..path.LastIndexOf(':')] : "";
        var allowed = ProfileKeys.AllowedIn(section);
        Complain(path, value, nearest is not null ? $"unknown key, did you mean {nearest}?"
            : allowed.Length > 0 ? $"unknown key, allowed {allowed}" : "unknown key");
    }

    private void Add(string path, string canonical, SourceNode value)
    {
        _layer.Values.Add(new(path, canonical));
        _layer.Origins[path] = OriginOf(value);
    }

    private void Complain(string path, SourceNode value, string problem)
    {
        _layer.Broken.Add(path);
        errors.Add($"{OriginOf(value).Place}: {OneLine.Of(path)} = {value.Display}: {problem}");
    }

    private Origin OriginOf(SourceNode value) => new(source, value.Line, value.Display);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}:{name}";
}
