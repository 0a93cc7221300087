namespace VboxMem.Kernel.Reclaim;

/// <summary>A cache of kernel objects that gives some back under pressure (struct shrinker). Objects are counted per node.</summary>
public abstract class Shrinker
{
    /// <summary>Work carried over from call to call, by node (nr_deferred).</summary>
    private readonly ulong[] _deferred;

    protected Shrinker(int nodes) => _deferred = new ulong[nodes];

    protected Shrinker(Shrinker other) => _deferred = (ulong[])other._deferred.Clone();

    /// <summary>When it is called: 0 for super blocks, 1 for shadow nodes, 2 for deferred splits, 3 for others.</summary>
    public virtual int Rank => 3;

    /// <summary>What it costs to make an object again, in seeks; 0: nothing.</summary>
    public virtual int Seeks => 2;

    /// <summary>Objects looked at in one go.</summary>
    public virtual ulong Batch => 128;

    /// <summary>Needs __GFP_FS.</summary>
    public virtual bool NeedsFileSystem => false;

    public Span<ulong> Deferred => _deferred;

    /// <summary>Objects it could free on a node.</summary>
    public abstract ulong Count(int node);

    /// <summary>Looks at some objects and frees those it may.</summary>
    /// <returns>Objects freed.</returns>
    public abstract ulong Scan(int node, ulong objects);
}
