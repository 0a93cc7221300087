namespace VboxMem.Kernel.Sched;

/// <summary>All sleeping tasks by what they wait for; those that wait for one thing are woken in the order they came.</summary>
internal sealed class WaitTable
{
    private const int Buckets = 256;

    private readonly List<Process>[] _sleepers = new List<Process>[Buckets];

    public WaitTable()
    {
        for (var i = 0; i < Buckets; i++)
        {
            _sleepers[i] = [];
        }
    }

    public void Add(Process task) => BucketOf(task.Wait.Kind, task.Wait.Key).Add(task);

    public void Remove(Process task) => Invariant.Holds(BucketOf(task.Wait.Kind, task.Wait.Key).Remove(task));

    /// <summary>The task that has waited longest for something.</summary>
    public bool TryFind(WaitKind kind, ulong key, out Process found)
    {
        foreach (var task in BucketOf(kind, key))
        {
            if (task.Wait.Kind == kind && task.Wait.Key == key)
            {
                found = task;
                return true;
            }
        }

        found = null!;
        return false;
    }

    /// <summary>How often a task is where its wait says: for audits.</summary>
    public int Count(Process task) => BucketOf(task.Wait.Kind, task.Wait.Key).FindAll(other => other == task).Count;

    public WaitTable Clone(ProcessTable tasks)
    {
        var copy = new WaitTable();
        for (var i = 0; i < Buckets; i++)
        {
            foreach (var task in _sleepers[i])
            {
                copy._sleepers[i].Add(tasks[task.Pid]);
            }
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var bucket in _sleepers)
        {
            foreach (var task in bucket)
            {
                hash.Add((long)task.Pid);
            }
        }
    }

    private List<Process> BucketOf(WaitKind kind, ulong key) =>
        _sleepers[(key * 0x9E37_79B9_7F4A_7C15 + (ulong)kind * 0x85EB_CA6B) >> 56];
}
