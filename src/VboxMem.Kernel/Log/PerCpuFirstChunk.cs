// How the first chunk of per-CPU memory is cut: each CPU's copy is a unit, as many units share a 2 MiB block as waste little.
//
// Models   Linux 6.12 mm/percpu.c: pcpu_build_alloc_info, pcpu_dump_alloc_info. CPUs of a node share blocks, those of different
//          nodes do not; a choice may waste at most a third of a unit for every CPU.
// Units    bytes.

using System.Text;

namespace VboxMem.Kernel.Log;

/// <summary>The layout of the first per-CPU chunk.</summary>
internal sealed class PerCpuFirstChunk
{
    public const int BlockBytes = 2 << 20;

    private const int PageBytes = 4096;

    private readonly BootNode[] _groups;
    private readonly int _cpus;
    private readonly int _unitsPerAllocation;

    public PerCpuFirstChunk(IReadOnlyList<BootNode> nodes, (int Static, int Reserved, int Dynamic) bytes)
    {
        SizeBytes = bytes.Static + bytes.Reserved + bytes.Dynamic;
        AllocationBytes = (SizeBytes + BlockBytes - 1) / BlockBytes * BlockBytes;
        _groups = nodes.Where(static node => node.Cpus.Count > 0).ToArray();
        _cpus = _groups.Sum(static node => node.Cpus.Count);
        _unitsPerAllocation = ChooseUnits();
    }

    /// <summary>Bytes of one CPU's copy that are used.</summary>
    public int SizeBytes { get; }

    /// <summary>Bytes from one CPU's copy to the next.</summary>
    public int UnitBytes => AllocationBytes / _unitsPerAllocation;

    /// <summary>Bytes allocated at a time.</summary>
    public int AllocationBytes { get; }

    /// <summary>The lines that list which CPU has which unit: <c>[group] cpu cpu …</c>, several blocks to a line.</summary>
    public IEnumerable<string> UnitLines()
    {
        var cpuDigits = $"{_cpus}".Length;
        var groupDigits = $"{_groups.Length}".Length;
        var blocksPerLine = PowerOfTwoUpTo(Math.Max(60 / (_unitsPerAllocation * (cpuDigits + 1) + groupDigits + 3), 1));
        var line = new StringBuilder();
        var blocks = 0;
        for (var group = 0; group < _groups.Length; group++)
        {
            foreach (var block in _groups[group].Cpus.Chunk(_unitsPerAllocation))
            {
                if (blocks++ % blocksPerLine == 0 && line.Length > 0)
                {
                    yield return line.ToString();
                    line.Clear();
                }

                AppendBlock(line, group, groupDigits, block, cpuDigits);
            }
        }

        yield return line.ToString();
    }

    private void AppendBlock(StringBuilder line, int group, int groupDigits, int[] cpus, int cpuDigits)
    {
        line.Append('[').Append($"{group}".PadLeft(groupDigits, '0')).Append("] ");
        foreach (var cpu in cpus) line.Append($"{cpu}".PadLeft(cpuDigits, '0')).Append(' ');
        for (var empty = cpus.Length; empty < _unitsPerAllocation; empty++) line.Append('-', cpuDigits).Append(' ');
    }

    private int ChooseUnits()
    {
        var most = AllocationBytes / SizeBytes;
        while (!IsWholePages(most)) most--;

        var best = 1;
        var fewest = int.MaxValue;
        for (var units = most; units > 0; units--)
        {
            if (!IsWholePages(units)) continue;

            var allocations = _groups.Sum(group => (group.Cpus.Count + units - 1) / units);
            if (allocations * units - _cpus > _cpus / 3) continue;
            if (allocations > fewest) break;

            fewest = allocations;
            best = units;
        }

        return best;
    }

    private bool IsWholePages(int units) => AllocationBytes % units == 0 && AllocationBytes / units % PageBytes == 0;

    private static int PowerOfTwoUpTo(int value)
    {
        var power = 1;
        while (power * 2 <= value) power *= 2;
        return power;
    }
}
