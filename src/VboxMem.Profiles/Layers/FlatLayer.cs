// Environment variables and --set options as trees of values. Their keys are paths, section:key or section__key.

namespace VboxMem.Profiles.Layers;

internal static class FlatLayer
{
    public const string EnvironmentPrefix = "VBOXMEM__";
    public const string EnvironmentSource = "environment";
    public const string SetSource = "--set";

    /// <summary>The variables that begin with VBOXMEM__, in ordinal order of their names; others are not ours.</summary>
    public static SourceNode FromEnvironment(IReadOnlyDictionary<string, string> environment, List<string> errors)
    {
        var root = new SourceNode(NodeKind.Object, "", 0);
        var written = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (variable, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!variable.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            var path = variable[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal);
            if (written.Add(path)) Insert(root, path, value);
            else errors.Add($"{EnvironmentSource}: {OneLine.Of(path)}: given twice in different capitals, allowed is once");
        }

        return root;
    }

    /// <summary>Options of the form section:key=value; of two for the same key the later counts.</summary>
    public static SourceNode FromSets(IEnumerable<string> sets, List<string> errors)
    {
        var root = new SourceNode(NodeKind.Object, "", 0);
        foreach (var option in sets)
        {
            var equals = option.IndexOf('=');
            if (equals > 0) Insert(root, option[..equals].Trim(' '), option[(equals + 1)..]);
            else errors.Add($"{SetSource}: {OneLine.Of(option)}: no key and value, allowed section:key=value");
        }

        return root;
    }

    private static void Insert(SourceNode root, string path, string value)
    {
        var parts = path.Split(':');
        var node = root;
        foreach (var part in parts[..^1])
        {
            if (!node.TryFind(part, out var child) || child.Kind != NodeKind.Object)
            {
                child = new SourceNode(NodeKind.Object, "", 0);
                node.Replace(part, child);
            }

            node = child;
        }

        node.Replace(parts[^1], new SourceNode(NodeKind.Plain, value, 0));
    }
}
