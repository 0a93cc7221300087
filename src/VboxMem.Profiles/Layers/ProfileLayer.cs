// One layer of settings, each checked for itself: the key is known, the value follows its rule.
//
// Invariants
//   L1  Values hold canonical paths (spelling of the key table, indexes from 0 without gaps) and canonical texts.
//   L2  A list's own path holds its number of items, as text.
//   L3  What was wrong is in Broken and not in Values.

namespace VboxMem.Profiles.Layers;

/// <summary>Where a value was written, and how.</summary>
internal sealed record Origin(string Source, int Line, string Display)
{
    public string Place => Line > 0 ? $"{Source}:{Line}" : Source;
}

internal sealed class ProfileLayer(string source)
{
    public string Source => source;

    /// <summary>Path and canonical text, in the order written.</summary>
    public List<KeyValuePair<string, string?>> Values { get; } = [];

    /// <summary>Paths of the lists that this layer gives, each as a whole.</summary>
    public List<string> Lists { get; } = [];

    public Dictionary<string, Origin> Origins { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Paths whose value was wrong, and the known keys that unknown ones were probably meant to be.</summary>
    public HashSet<string> Broken { get; } = new(StringComparer.OrdinalIgnoreCase);
}
