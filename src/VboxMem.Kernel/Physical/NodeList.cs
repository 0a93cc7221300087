// Sets of nodes as the kernel writes them: `0-1,3`, or `(null)` where a request has no set at all.
//
// Models   Linux 6.12 lib/vsprintf.c: %*pbl.

using System.Text;

namespace VboxMem.Kernel.Physical;

/// <summary>Writes sets of node numbers.</summary>
public static class NodeList
{
    /// <summary>The numbers as ranges.</summary>
    /// <param name="nodes">Rising; null stands for "no set given".</param>
    public static string Format(IReadOnlyList<int>? nodes)
    {
        if (nodes is null) return "(null)";

        var text = new StringBuilder();
        for (var first = 0; first < nodes.Count;)
        {
            var last = first;
            while (last + 1 < nodes.Count && nodes[last + 1] == nodes[last] + 1) last++;

            if (text.Length > 0) text.Append(',');
            text.Append(nodes[first]);
            if (last > first) text.Append('-').Append(nodes[last]);
            first = last + 1;
        }

        return text.ToString();
    }
}
