namespace VboxMem.Kernel.Virtual;

/// <summary>The areas that map one inode (i_mmap), in the order they were made.</summary>
internal sealed class FileAreas
{
    private readonly List<(MemoryDescriptor Memory, uint Id, Vma? Area)> _areas = [];

    public int Count => _areas.Count;

    /// <summary>An area with its address space. Areas are named by number, and looked up when they are first needed.</summary>
    public (MemoryDescriptor Memory, Vma Area) this[int at]
    {
        get
        {
            var (memory, id, area) = _areas[at];
            if (area is null)
            {
                area = memory.ById(id) ?? throw new InvariantBrokenException($"area {id} of memory {memory.Id} maps a file and is gone");
                _areas[at] = (memory, id, area);
            }

            return (memory, area);
        }
    }

    public void Add(MemoryDescriptor memory, uint id) => _areas.Add((memory, id, null));

    public void Remove(int memory, uint id)
    {
        var at = _areas.FindLastIndex(area => area.Memory.Id == memory && area.Id == id);
        Invariant.Holds(at >= 0);
        _areas.RemoveAt(at);
    }

    public FileAreas Clone(Machine machine)
    {
        var copy = new FileAreas();
        foreach (var (memory, id, _) in _areas)
        {
            copy.Add(machine.Memory[memory.Id], id);
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var (memory, id, _) in _areas)
        {
            hash.Add(((ulong)(uint)memory.Id << 32) | id);
        }
    }
}
