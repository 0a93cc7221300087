using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Auditing;

/// <summary>The blocks that the machine's owners say are theirs.</summary>
internal sealed class OwnerClaims
{
    private readonly Dictionary<Pfn, FrameOwner> _claims = [];
    private readonly Dictionary<Pfn, uint> _objects = [];

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
            ClaimObjects(holding.Slab, holding.Objects);
        }

        foreach (var task in machine.Processes.Tasks)
        {
            foreach (var used in task.KernelObjects)
            {
                ClaimObjects(used.Slab, 1);
            }

            foreach (var used in task.IsLeader ? task.Group.KernelObjects : [])
            {
                ClaimObjects(used.Slab, 1);
            }
        }

        foreach (var area in machine.Vmalloc.Areas)
        {
            ClaimObjects(area.Descriptor.Slab, 1);
        }
    }

    /// <summary>Objects that owners say they have in a slab.</summary>
    public uint ObjectsIn(Pfn slab) => _objects.GetValueOrDefault(slab);

    public int Remaining => _claims.Count;

    public Pfn Example() => _claims.Keys.Order().First();

    public bool TryTake(Pfn block, FrameOwner owner) => _claims.Remove(block, out var claimed) && claimed == owner;

    internal void Claim(Pfn block, FrameOwner owner) =>
        Audit.Require(_claims.TryAdd(block, owner), $"{block} is claimed by two owners");

    /// <summary>Claims a block that a test may hold as well.</summary>
    internal void ClaimShared(Pfn block, FrameOwner owner) => _claims.TryAdd(block, owner);

    internal void ClaimObjects(Pfn slab, uint objects) => _objects[slab] = _objects.GetValueOrDefault(slab) + objects;
}
