namespace VboxMem.Tui.Readings;

/// <summary>
/// Puts children below their parents. One whose parent is not shown stands below the nearest ancestor that is; parents that go round in
/// a circle, as a damaged dump may have them, are broken up.
/// </summary>
internal static class ProcessTree
{
    private const int DeepestTrunk = 63;

    /// <summary>Arranges rows.</summary>
    /// <param name="shown">Those to be shown, siblings in their order.</param>
    /// <param name="all">All there are, for ancestors that are not shown.</param>
    /// <param name="folded">Processes of which no children are shown.</param>
    public static List<ProcessRow> Arrange(List<ProcessRow> shown, List<ProcessRow> all, IReadOnlySet<int> folded)
    {
        var places = new Dictionary<int, int>(shown.Count);
        for (var i = 0; i < shown.Count; i++) places[shown[i].Pid] = i;
        var parents = new Dictionary<int, int>(all.Count);
        foreach (var row in all) parents[row.Pid] = row.Record.ParentPid;

        var links = new Links(shown.Count);
        for (var i = shown.Count - 1; i >= 0; i--) links.Add(ParentOf(shown[i], places, parents), i);

        var arranged = new List<ProcessRow>(shown.Count);
        var visited = new bool[shown.Count];
        for (var root = links.FirstChild(-1); root >= 0; root = links.Next[root]) Walk(root, links, shown, folded, visited, arranged);
        for (var i = 0; i < shown.Count; i++)
        {
            if (!visited[i]) Walk(i, links, shown, folded, visited, arranged);
        }

        return arranged;
    }

    private static int ParentOf(ProcessRow row, Dictionary<int, int> places, Dictionary<int, int> parents)
    {
        var pid = row.Record.ParentPid;
        for (var step = 0; step < parents.Count && pid > 0; step++)
        {
            if (pid != row.Pid && places.TryGetValue(pid, out var place)) return place;
            if (!parents.TryGetValue(pid, out pid)) break;
        }

        return -1;
    }

    /// <summary>Adds a row and all below it.</summary>
    private static void Walk(int root, Links links, List<ProcessRow> shown, IReadOnlySet<int> folded, bool[] visited, List<ProcessRow> arranged)
    {
        var hiddenBelow = -1;   // place in the list of the folded row that hides what follows
        var stack = new Stack<(int Place, int Depth, ulong Trunks)>();
        stack.Push((root, 0, 0));
        while (stack.TryPop(out var step))
        {
            var (place, depth, trunks) = step;
            if (visited[place]) continue;
            visited[place] = true;
            var row = shown[place];
            if (hiddenBelow >= 0 && depth > arranged[hiddenBelow].Depth)
            {
                arranged[hiddenBelow].FoldedCount++;
            }
            else
            {
                hiddenBelow = -1;
                (row.Depth, row.Trunks, row.FoldedCount) = (depth, trunks, 0);
                (row.IsLastChild, row.HasChildren) = (links.Next[place] < 0, links.FirstChild(place) >= 0);
                arranged.Add(row);
                if (row.HasChildren && folded.Contains(row.Pid)) hiddenBelow = arranged.Count - 1;
            }

            var below = links.Next[place] >= 0 && depth <= DeepestTrunk ? trunks | (1UL << depth) : trunks;
            PushChildren(place, depth + 1, below, links, stack);
        }
    }

    private static void PushChildren(int place, int depth, ulong trunks, Links links, Stack<(int Place, int Depth, ulong Trunks)> stack)
    {
        var first = stack.Count;
        for (var child = links.FirstChild(place); child >= 0; child = links.Next[child]) stack.Push((child, depth, trunks));
        if (stack.Count - first < 2) return;
        var children = new (int Place, int Depth, ulong Trunks)[stack.Count - first];
        for (var i = 0; i < children.Length; i++) children[i] = stack.Pop();
        foreach (var child in children) stack.Push(child);
    }

    /// <summary>First children and next siblings, by place; place -1 stands for the parent of the roots.</summary>
    private sealed class Links
    {
        private readonly int[] _first;

        public Links(int count)
        {
            (_first, Next) = (new int[count + 1], new int[count]);
            Array.Fill(_first, -1);
        }

        public int[] Next { get; }

        public int FirstChild(int place) => _first[place + 1];

        /// <summary>Puts a child in front of those that are there.</summary>
        public void Add(int parent, int child)
        {
            Next[child] = _first[parent + 1];
            _first[parent + 1] = child;
        }
    }
}
