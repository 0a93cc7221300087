// The order in which a request tries zones: node by node from near to far, in each from the highest zone down.
//
// Models   Linux 6.12 find_next_best_node, build_zonelists (facts: physical memory, 4.3).

namespace VboxMem.Kernel.Physical;

public static class Zonelist
{
    private const int LoadScale = 1024;

    /// <summary>For each node, all nodes in the order in which requests from it fall back.</summary>
    /// <param name="distances">distances[from][to], 10 on the diagonal.</param>
    /// <param name="hasCpus">Nodes with CPUs are tried after equally distant ones without.</param>
    public static int[][] NodeOrders(IReadOnlyList<IReadOnlyList<int>> distances, IReadOnlyList<bool> hasCpus)
    {
        var nodes = distances.Count;
        var load = new int[nodes];
        var orders = new int[nodes][];
        for (var self = 0; self < nodes; self++)
        {
            orders[self] = OrderFor(self, distances, hasCpus, load);
        }

        return orders;
    }

    /// <summary>For each node, all populated zones in the order its requests try them.</summary>
    public static Zone[][] Build(ReadOnlySpan<Node> nodes)
    {
        var zonelists = new Zone[nodes.Length][];
        foreach (var node in nodes)
        {
            var zonelist = new List<Zone>();
            foreach (var fallback in node.FallbackNodes)
            {
                for (var type = ZoneType.Device; type >= ZoneType.Dma; type--)
                {
                    if (nodes[fallback][type].IsPopulated)
                    {
                        zonelist.Add(nodes[fallback][type]);
                    }
                }
            }

            zonelists[node.Id] = [.. zonelist];
        }

        return zonelists;
    }

    private static int[] OrderFor(
        int self, IReadOnlyList<IReadOnlyList<int>> distances, IReadOnlyList<bool> hasCpus, int[] load)
    {
        var nodes = distances.Count;
        var used = new bool[nodes];
        var order = new int[nodes];
        order[0] = self;
        used[self] = true;
        var previous = self;
        for (var position = 1; position < nodes; position++)
        {
            var best = NearestUnused(self, distances[self], hasCpus, load, used);

            // Spread the load over nodes that are equally far: the first of a distance group is charged.
            if (distances[self][best] != distances[self][previous])
            {
                load[best]++;
            }

            order[position] = best;
            used[best] = true;
            previous = best;
        }

        return order;
    }

    private static int NearestUnused(
        int self, IReadOnlyList<int> distances, IReadOnlyList<bool> hasCpus, int[] load, bool[] used)
    {
        var best = -1;
        var bestCost = int.MaxValue;
        for (var candidate = 0; candidate < used.Length; candidate++)
        {
            if (used[candidate])
            {
                continue;
            }

            var penalty = (candidate < self ? 1 : 0) + (hasCpus[candidate] ? 1 : 0);
            var cost = ((distances[candidate] + penalty) * LoadScale) + load[candidate];
            if (cost < bestCost)
            {
                (best, bestCost) = (candidate, cost);
            }
        }

        return best;
    }
}
