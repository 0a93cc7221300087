using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Virtual;

/// <summary>Splits huge folios of which a part is no longer mapped (thp-deferred_split).</summary>
internal sealed class DeferredSplitShrinker : Shrinker
{
    private readonly Machine _machine;

    public DeferredSplitShrinker(Machine machine)
        : base(machine.Nodes.Length) => _machine = machine;

    public DeferredSplitShrinker(DeferredSplitShrinker other, Machine machine)
        : base(other) => _machine = machine;

    public override int Rank => 2;

    public override ulong Count(int node) => _machine.HugeFolios.QueuedOf(node);

    public override ulong Scan(int node, ulong objects) => _machine.HugeFolios.ScanDeferred(node, objects);
}

/// <summary>Frees the huge zero page when no address space holds it (thp-zero). It is counted once, on node 0.</summary>
internal sealed class HugeZeroShrinker : Shrinker
{
    private readonly Machine _machine;

    public HugeZeroShrinker(Machine machine)
        : base(machine.Nodes.Length) => _machine = machine;

    public HugeZeroShrinker(HugeZeroShrinker other, Machine machine)
        : base(other) => _machine = machine;

    public override int Rank => 2;

    public override ulong Count(int node) => node == 0 ? _machine.HugeFolios.ZeroPage.FreeablePages : 0;

    public override ulong Scan(int node, ulong objects) => node == 0 ? _machine.HugeFolios.ZeroPage.Shrink() : 0;
}
