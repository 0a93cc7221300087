// Who was killed for want of memory, as far as the kernel's log says or once said: the log forgets, this does not.
//
// The log is read only when vmstat's oom_kill has moved.

using System.Buffers.Text;
using System.Text;

namespace VboxMem.Tools.Predicates;

internal sealed class KillMemory
{
    /// <summary>Facility 0, the kernel itself, has the numbers below 8.</summary>
    private const int FirstOtherPriority = 8;

    private readonly SortedSet<string> _names;
    private ulong _kills;

    internal KillMemory() => _names = new SortedSet<string>(StringComparer.Ordinal);

    private KillMemory(KillMemory other) => (_names, _kills) = (new SortedSet<string>(other._names, StringComparer.Ordinal), other._kills);

    private static ReadOnlySpan<byte> Mark => ": Killed process "u8;

    internal IEnumerable<string> Names => _names;

    internal ulong Kills => _kills;

    internal KillMemory Clone() => new(this);

    internal bool Has(string name) => _names.Contains(name);

    /// <summary>Looks for what is new.</summary>
    /// <returns>Null, or why nothing can be said.</returns>
    internal string? Update(TreeReading tree)
    {
        var count = tree.OomKills;
        if (count == _kills) return null;
        if (tree.TryReadFile("/dev/kmsg", out var log) is { } problem) return problem;
        foreach (var range in log.Split((byte)'\n')) Note(log[range]);
        _kills = count ?? 0;
        return null;
    }

    /// <summary>Reads a record: <c>3,111,17714268,-;Out of memory: Killed process 62 (leaky) total-vm:…</c></summary>
    private void Note(ReadOnlySpan<byte> line)
    {
        if (!Utf8Parser.TryParse(line, out int priority, out _) || priority >= FirstOtherPriority) return;
        var found = line.IndexOf(Mark);
        if (found < 0) return;
        var rest = line[(found + Mark.Length)..];
        var start = rest.IndexOf(" ("u8);
        var end = rest.LastIndexOf(") total-vm:"u8);
        if (start >= 0 && end > start + 1) _names.Add(Encoding.UTF8.GetString(rest[(start + 2)..end]));
    }
}
