// The tunables of a machine: from /proc/sys/vm, else from a listing that `sysctl -a` has printed.

using System.Text;

namespace VboxMem.Profiles.Import;

internal static class TunableReader
{
    private const string Listing = "/sos_commands/kernel/sysctl_-a";
    private const string Prefix = "vm.";

    /// <summary>Names, and values with single blanks between their parts.</summary>
    public static SortedDictionary<string, string> Read(ImportSource source)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var folder = source.Proc("sys/vm");
        foreach (var name in source.List(folder))
        {
            if (source.Text($"{folder}/{name}") is { Length: > 0 } text) values[name] = OnOneLine(text);
        }

        if (values.Count == 0 && source.Read(Listing, "/sysctl_-a") is { } listing)
        {
            foreach (var line in Encoding.UTF8.GetString(listing).Split('\n'))
            {
                var equals = line.IndexOf('=');
                if (equals > 0 && line.StartsWith(Prefix, StringComparison.Ordinal)) values[line[Prefix.Length..equals].Trim()] = OnOneLine(line[(equals + 1)..]);
            }
        }

        if (values.Count == 0) source.Note($"missing: {source.NameOf(folder)}: tunables are the defaults");
        return values;
    }

    private static string OnOneLine(string text) => string.Join(' ', text.Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
}
