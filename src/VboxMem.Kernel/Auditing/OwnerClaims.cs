using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Auditing;

/// <summary>The blocks that the machine's owners say are theirs.</summary>
internal sealed class OwnerClaims
{
    private readonly Dictionary<Pfn, FrameOwner> _claims = [];

    public OwnerClaims(Machine machine, IReadOnlyCollection<Pfn> heldBlocks)
    {
        foreach (var block in machine.BootAllocations.Blocks)
        {
            Claim(block.Block, block.Owner);
        }

        foreach (var area in machine.Vmalloc.Areas)
        {
            var isStack = area.Purpose == Virtual.Vmalloc.KernelStackPurpose;
            foreach (var page in area.Pages)
            {
                Claim(page, isStack ? FrameOwner.KernelStack : FrameOwner.Vmalloc);
            }
        }

        for (var node = 0; node < machine.Nodes.Length; node++)
        {
            foreach (var page in machine.HugePages.PoolOf(node))
            {
                Claim(page, FrameOwner.HugeTlb);
            }
        }

        foreach (var block in heldBlocks)
        {
            Claim(block, machine.Frames[block].Owner);
        }

        foreach (var holding in machine.BootAllocations.Objects)
        {
            ClaimObjects(holding.Cache, holding.Objects);
        }

        foreach (var task in machine.Processes.Tasks)
        {
            foreach (var name in Sched.ProcessTable.KernelObjectCaches)
            {
                ClaimObjects(SlabCacheTable.IndexOf(name), 1);
            }
        }

        ClaimObjects(SlabCacheTable.IndexOf("vmap_area"), (uint)machine.Vmalloc.Areas.Count);
    }

    /// <summary>Objects that owners say they have, by cache.</summary>
    public ulong[] SlabObjects { get; } = new ulong[SlabCacheTable.Count];

    public int Remaining => _claims.Count;

    public Pfn Example() => _claims.Keys.Order().First();

    public bool TryTake(Pfn block, FrameOwner owner) => _claims.Remove(block, out var claimed) && claimed == owner;

    private void Claim(Pfn block, FrameOwner owner) =>
        Audit.Require(_claims.TryAdd(block, owner), $"{block} is claimed by two owners");

    private void ClaimObjects(int cache, uint objects) => SlabObjects[cache] += objects;
}
