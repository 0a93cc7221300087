// What the clients outside have measured: response times by service.
//
// Invariants
//   R1  A service's count is the sum of its histogram.

namespace VboxMem.Kernel.Net;

public sealed class ServiceTimes
{
    private readonly SortedDictionary<string, ResponseTimes> _services = new(StringComparer.Ordinal);

    /// <summary>Services that have answered anybody, by name.</summary>
    public IEnumerable<KeyValuePair<string, ResponseTimes>> Services => _services;

    public bool TryGet(string service, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out ResponseTimes times) =>
        _services.TryGetValue(service, out times);

    internal void Record(string service, ulong nanoseconds)
    {
        if (!_services.TryGetValue(service, out var times))
        {
            _services.Add(service, times = new ResponseTimes());
        }

        times.Record(nanoseconds);
    }

    internal ServiceTimes Clone()
    {
        var copy = new ServiceTimes();
        foreach (var (service, times) in _services)
        {
            copy._services.Add(service, times.Clone());
        }

        return copy;
    }

    internal void HashInto(StateHash hash)
    {
        foreach (var (service, times) in _services)
        {
            hash.Add(service);
            times.HashInto(hash);
        }
    }
}
