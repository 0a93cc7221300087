// Named numbers of a captured file (meminfo, vmstat, numastat, the statistics of a zone), in file order.

using System.Globalization;

namespace VboxMem.Testing;

/// <summary>Named numbers in the order of the file they come from. The unit is the file's own.</summary>
public sealed class CapturedCounters
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, long> _values = new(StringComparer.Ordinal);

    /// <summary>The names, in file order.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The number of that name.</summary>
    /// <exception cref="KeyNotFoundException">The file has no such line.</exception>
    public long this[string name] =>
        _values.TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"no counter '{name}' in the capture");

    /// <summary>Whether the file has a line of that name.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    internal void Add(string name, long value)
    {
        _names.Add(name);
        _values.Add(name, value);
    }

    internal void Add(string name, string digits) => Add(name, long.Parse(digits, CultureInfo.InvariantCulture));

    /// <summary>Reads lines of the form <c>name value</c> (vmstat, numastat).</summary>
    public static CapturedCounters FromNameValueLines(string text)
    {
        var counters = new CapturedCounters();
        foreach (var fields in Fields.OfLines(text)) counters.Add(fields[0], fields[1]);
        return counters;
    }

    /// <summary>Reads lines of the form <c>Name: value kB</c>; a node's file starts every line with <c>Node N</c>. Values stay in kB.</summary>
    public static CapturedCounters FromMeminfo(string text)
    {
        var counters = new CapturedCounters();
        foreach (var fields in Fields.OfLines(text))
        {
            var name = fields[0] == "Node" ? 2 : 0;
            counters.Add(fields[name].TrimEnd(':'), fields[name + 1]);
        }

        return counters;
    }
}
