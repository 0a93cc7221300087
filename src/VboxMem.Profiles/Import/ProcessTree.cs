// The processes in the order in which a box starts them: parents before children, those that share nothing with their parent before those
// that it forks. A box numbers its processes in this order, so that it is found again there.

namespace VboxMem.Profiles.Import;

/// <summary>A process, where it stands in the tree, and what it has of its parent's memory.</summary>
internal sealed record ProcessNode(ImportedProcess Process, ProcessNode? Parent, ulong InheritedPages)
{
    public List<ProcessNode> Children { get; } = [];

    /// <summary>The parent starts it: it shares memory with it, or the parent is started so itself.</summary>
    public bool IsStartedByParent => InheritedPages > 0 || (Parent?.IsStartedByParent ?? false);
}

internal sealed class ProcessTree
{
    private const int InitPid = 1;

    private readonly SortedDictionary<int, ImportedProcess> _byPid = [];
    private readonly SortedDictionary<int, List<ImportedProcess>> _children = [];
    private readonly HashSet<int> _placed = [];
    private readonly List<ProcessNode> _order = [];
    private readonly Func<ImportedProcess, ImportedProcess, ulong> _inherited;

    private ProcessTree(IReadOnlyList<ImportedProcess> processes, Func<ImportedProcess, ImportedProcess, ulong> inherited)
    {
        _inherited = inherited;
        foreach (var process in processes) _byPid[process.Pid] = process;
        foreach (var process in _byPid.Values)
        {
            if (!_children.TryGetValue(process.ParentPid, out var siblings)) _children.Add(process.ParentPid, siblings = []);
            siblings.Add(process);
        }
    }

    /// <summary>All processes in the order described above; init first, if it is among them.</summary>
    /// <param name="processes">In any order.</param>
    /// <param name="inherited">Pages that a process (the first) has of its parent's.</param>
    public static IReadOnlyList<ProcessNode> Order(IReadOnlyList<ImportedProcess> processes, Func<ImportedProcess, ImportedProcess, ulong> inherited)
    {
        var tree = new ProcessTree(processes, inherited);
        if (tree._byPid.TryGetValue(InitPid, out var init)) tree.Place(init, parent: null);
        foreach (var process in tree._byPid.Values)
        {
            if (!tree._byPid.ContainsKey(process.ParentPid)) tree.Place(process, parent: null);
        }

        foreach (var process in tree._byPid.Values) tree.Place(process, parent: null);   // a ring of parents, which no machine has
        return tree._order;
    }

    private void Place(ImportedProcess root, ProcessNode? parent)
    {
        var pending = new Stack<(ImportedProcess Process, ProcessNode? Parent)>([(root, parent)]);
        while (pending.TryPop(out var next))
        {
            if (!_placed.Add(next.Process.Pid)) continue;
            var node = new ProcessNode(next.Process, next.Parent, next.Parent is null ? 0 : _inherited(next.Process, next.Parent.Process));
            next.Parent?.Children.Add(node);
            _order.Add(node);
            var children = _children.GetValueOrDefault(next.Process.Pid, []);
            foreach (var child in children.OrderBy(child => node.IsStartedByParent || _inherited(child, next.Process) > 0).ThenBy(static child => child.Pid).Reverse())
            {
                pending.Push((child, node));
            }
        }
    }
}
