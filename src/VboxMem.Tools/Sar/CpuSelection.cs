using System.Globalization;

namespace VboxMem.Tools.Sar;

/// <summary>sar's -P: which CPUs have a line of their own, and whether all together have one.</summary>
internal sealed class CpuSelection
{
    /// <summary>More CPUs than any Linux has.</summary>
    private const int Most = 8192;

    private readonly bool[] _chosen = new bool[Most];
    private bool _together;

    internal static CpuSelection TogetherOnly { get; } = new() { _together = true };

    /// <summary>Whether more than one line may come of it.</summary>
    internal bool HasSeveral => Array.FindAll(_chosen, static chosen => chosen).Length + (_together ? 1 : 0) > 1;

    /// <param name="row">0 is all together, N + 1 is CPU N.</param>
    internal bool Has(int row) => row == 0 ? _together : row <= Most && _chosen[row - 1];

    /// <param name="text"><c>ALL</c>, or a list such as <c>all,0,2-5,8-</c>.</param>
    /// <param name="selection">What it means.</param>
    internal static bool TryParse(string text, out CpuSelection selection)
    {
        selection = new CpuSelection();
        foreach (var part in text.Split(','))
        {
            if (part == "ALL")
            {
                selection._together = true;
                Array.Fill(selection._chosen, true);
            }
            else if (part == "all")
            {
                selection._together = true;
            }
            else if (!selection.TryAdd(part))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryAdd(string range)
    {
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        if (!TryNumber(dash < 0 ? range : range[..dash], out var first)) return false;
        var last = first;
        if (dash >= 0 && dash == range.Length - 1) last = Most - 1;
        else if (dash >= 0 && !TryNumber(range[(dash + 1)..], out last)) return false;
        if (last < first) return false;
        Array.Fill(_chosen, true, first, last - first + 1);
        return true;
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < Most;
}
