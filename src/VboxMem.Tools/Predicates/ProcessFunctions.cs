namespace VboxMem.Tools.Predicates;

/// <summary>What a predicate may ask about the processes of a name (comm).</summary>
internal static class ProcessFunctions
{
    internal static readonly IReadOnlyList<string> Names = ["alive", "killed", "count", "rss", "swap", "vsz"];

    internal static bool Has(string name) => Names.Contains(name);

    internal static Node Make(string function, string process) => function switch
    {
        "alive" => new Alive(process),
        "killed" => new Killed(process),
        "count" => new Figure($"count({process})", Unit.Count, tree => tree.CountProcesses(process)),
        "rss" => Sum(function, process, "VmRSS"),
        "swap" => Sum(function, process, "VmSwap"),
        _ => Sum(function, process, "VmSize"),
    };

    private static Figure Sum(string function, string process, string line) =>
        new($"{function}({process})", Unit.Size, tree => tree.SumOfProcesses(process, line));
}
