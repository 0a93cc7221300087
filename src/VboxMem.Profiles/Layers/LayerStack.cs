// The layers on top of each other: for every key, the value of the uppermost layer that gives it.
//
// Invariants
//   S1  A list comes from one layer as a whole: what lower layers say of it is left out.
//   S2  Settings of /proc/sys/vm keep the order in which they were written, lower layers first; one that is given
//       again counts at its last place, since the kernel lets the last of two rivals win (dirty_bytes, dirty_ratio).

using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace VboxMem.Profiles.Layers;

internal sealed class LayerStack
{
    private const string DefaultSource = "built-in default";

    private readonly IConfigurationRoot _effective;
    private readonly Dictionary<string, Origin> _origins = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _broken = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _vmOrder = [];

    /// <summary>Stacks checked layers, the lowest first, onto the built-in defaults.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="fallbackName">The profile's name where no layer gives one.</param>
    public LayerStack(IReadOnlyList<ProfileLayer> layers, string fallbackName)
    {
        var builder = new ConfigurationBuilder().AddInMemoryCollection(Defaults(fallbackName));
        for (var at = 0; at < layers.Count; at++)
        {
            var replaced = layers.Skip(at + 1).SelectMany(later => later.Lists).ToArray();
            builder.AddInMemoryCollection(layers[at].Values.Where(value => !IsUnder(value.Key, replaced)));
            foreach (var (path, origin) in layers[at].Origins) _origins[path] = origin;
            _broken.UnionWith(layers[at].Broken);
            NoteVmOrder(layers[at]);
        }

        _effective = builder.Build();
    }

    /// <summary>Paths of the vm section that are set, in the order they are to be written.</summary>
    public IReadOnlyList<string> VmOrder => _vmOrder;

    /// <summary>The text at a path, in canonical spelling; the default of the key where no layer gives one.</summary>
    public string? Text(ProfileKey key, params ReadOnlySpan<int> indexes) => _effective[PathOf(key, indexes)] ?? key.Default;

    /// <summary>The value at a path; false where there is none or it was wrong.</summary>
    public bool TryGet<T>(ScalarKey<T> key, out T value, params ReadOnlySpan<int> indexes)
    {
        value = default!;
        var path = PathOf(key, indexes);
        if (IsBroken(path) || Text(key, indexes) is not { } text) return false;
        value = key.Value(text);
        return true;
    }

    /// <summary>The value at a path that was checked to be there.</summary>
    public T Get<T>(ScalarKey<T> key, params ReadOnlySpan<int> indexes) =>
        TryGet(key, out var value, indexes) ? value : throw new InvalidOperationException($"{key.Path} was checked before, but has no value");

    /// <summary>Number of items of a list; 0 where it is not given.</summary>
    public int Count(ListKey key, params ReadOnlySpan<int> indexes) =>
        int.Parse(_effective[PathOf(key, indexes)] ?? "0", CultureInfo.InvariantCulture);

    /// <summary>Whether a layer above the defaults gives the key a right value.</summary>
    public bool IsGiven(ProfileKey key, params ReadOnlySpan<int> indexes) => _origins.ContainsKey(PathOf(key, indexes));

    /// <summary>Whether something at the path or below it was wrong, so that checks against it mean nothing.</summary>
    public bool IsBroken(string path) => _broken.Any(broken => IsUnder(broken, path) || IsUnder(path, broken));

    /// <summary>Whether something of the list was wrong.</summary>
    public bool IsBroken(ProfileKey key) => IsBroken(key.Path);

    /// <summary>Where the value at a path was written; the nearest path above it, else the built-in defaults.</summary>
    public Origin OriginOf(string path, string text)
    {
        if (_origins.TryGetValue(path, out var origin)) return origin;
        var above = path.Contains(':') ? path[..path.LastIndexOf(':')] : "";
        return _origins.TryGetValue(above, out var item)
            ? item with { Display = text }
            : new Origin(DefaultSource, 0, text);
    }

    /// <summary>Puts in a value that follows from others.</summary>
    public void Derive<T>(ScalarKey<T> key, T value) => _effective[key.Path] = key.Format(value);

    /// <summary>The path of a key with its '#' replaced by indexes.</summary>
    public static string PathOf(ProfileKey key, params ReadOnlySpan<int> indexes)
    {
        if (indexes.IsEmpty) return key.Path;
        var path = key.Path;
        foreach (var index in indexes)
        {
            var place = path.IndexOf('#', StringComparison.Ordinal);
            path = string.Concat(path.AsSpan(0, place), index.ToString(CultureInfo.InvariantCulture), path.AsSpan(place + 1));
        }

        return path;
    }

    private void NoteVmOrder(ProfileLayer layer)
    {
        foreach (var (path, _) in layer.Values)
        {
            if (!IsUnder(path, ProfileKeys.VmSection)) continue;
            _vmOrder.Remove(path);
            _vmOrder.Add(path);
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> Defaults(string fallbackName)
    {
        yield return new(ProfileKeys.Name.Path, fallbackName);
        foreach (var key in ProfileKeys.All)
        {
            if (key.Default is not null && !key.Path.Contains('#')) yield return new(key.Path, key.Default);
        }
    }

    private static bool IsUnder(string path, params ReadOnlySpan<string> parents)
    {
        foreach (var parent in parents)
        {
            if (path.StartsWith(parent, StringComparison.OrdinalIgnoreCase) &&
                (path.Length == parent.Length || path[parent.Length] == ':'))
                return true;
        }

        return false;
    }
}
