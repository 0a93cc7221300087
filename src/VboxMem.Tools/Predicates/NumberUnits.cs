namespace VboxMem.Tools.Predicates;

/// <summary>The units that may stand behind a number. Capitals matter: 5m is a time, 5M a size.</summary>
internal static class NumberUnits
{
    internal const string Allowed = "B k kB KiB M MiB G GiB T TiB pages; us ms s m min h d; %";

    /// <summary>No number is larger once its unit is worked in: sums and products of a few stay within what a decimal holds.</summary>
    internal const decimal Largest = 1e20m;

    private static readonly SortedDictionary<string, (decimal Factor, Unit Unit)> _units = new(StringComparer.Ordinal)
    {
        [""] = (1, Unit.Bare),
        ["%"] = (0.01m, Unit.Percent),
        ["B"] = (1, Unit.Size),
        ["k"] = (1L << 10, Unit.Size),
        ["K"] = (1L << 10, Unit.Size),
        ["kB"] = (1L << 10, Unit.Size),   // as /proc means it
        ["KiB"] = (1L << 10, Unit.Size),
        ["M"] = (1L << 20, Unit.Size),
        ["MiB"] = (1L << 20, Unit.Size),
        ["G"] = (1L << 30, Unit.Size),
        ["GiB"] = (1L << 30, Unit.Size),
        ["T"] = (1L << 40, Unit.Size),
        ["TiB"] = (1L << 40, Unit.Size),
        ["page"] = (4096, Unit.Size),
        ["pages"] = (4096, Unit.Size),
        ["us"] = (0.000_001m, Unit.Time),
        ["ms"] = (0.001m, Unit.Time),
        ["s"] = (1, Unit.Time),
        ["m"] = (60, Unit.Time),
        ["min"] = (60, Unit.Time),
        ["h"] = (3600, Unit.Time),
        ["d"] = (86_400, Unit.Time),
    };

    internal static bool TryFind(string name, out decimal factor, out Unit unit)
    {
        var isThere = _units.TryGetValue(name, out var found);
        (factor, unit) = found;
        return isThere;
    }
}
