using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>A row of <c>/sys/kernel/debug/vbox/services</c>: how long clients outside the box have waited for a service since boot.</summary>
/// <param name="Name">The service.</param>
/// <param name="Count">Answers.</param>
/// <param name="P50">Microseconds that half of the answers took at most.</param>
/// <param name="P90">The same of 90 in a hundred.</param>
/// <param name="P99">The same of 99 in a hundred.</param>
/// <param name="Max">The longest.</param>
public readonly record struct ServiceTimes(string Name, ulong Count, ulong P50, ulong P90, ulong P99, ulong Max)
{
    public const string Path = "/sys/kernel/debug/vbox/services";

    /// <exception cref="ProcFormatException">The heading is missing, or a row does not have its six columns.</exception>
    public static IReadOnlyList<ServiceTimes> Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var services = new List<ServiceTimes>();
        var reader = new LineReader(text, path);
        if (!reader.TryNextLine()) throw reader.Malformed("empty; expected the heading \"name count p50 p90 p99 max\"");
        foreach (var column in (string[])["name", "count", "p50", "p90", "p99", "max"]) reader.Skip(Encoding.UTF8.GetBytes(column));
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);
            services.Add(new ServiceTimes(
                Encoding.UTF8.GetString(name), reader.TakeNumber("the count"), reader.TakeNumber("p50"), reader.TakeNumber("p90"),
                reader.TakeNumber("p99"), reader.TakeNumber("the longest time")));
        }

        return services;
    }
}
