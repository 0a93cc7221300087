using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>How an owner of frames is shown on the memory map.</summary>
/// <param name="Name">The column of the file pageblocks.</param>
/// <param name="Letter">On the map: in capitals where it has most of a cell, small where it shares it.</param>
/// <param name="Role">Its colour.</param>
/// <param name="Text">In the legend.</param>
internal readonly record struct MapOwner(string Name, char Letter, Role Role, string Text);

internal static class MapOwners
{
    /// <summary>In the order of the legend. Letters differ in any case.</summary>
    public static IReadOnlyList<MapOwner> All { get; } =
    [
        new("free", '.', Role.Free, "free"),
        new("pcp", 'Q', Role.PerCpu, "CPU lists"),
        new("anon", 'A', Role.Anon, "anon"),
        new("file", 'F', Role.File, "file"),
        new("shmem", 'M', Role.Shmem, "shmem"),
        new("hugetlb", 'H', Role.Unevictable, "hugetlb"),
        new("slab", 'S', Role.Slab, "slab"),
        new("kmalloc", 'L', Role.Slab, "kmalloc"),
        new("ptable", 'T', Role.PageTable, "tables"),
        new("kstack", 'Y', Role.Kernel, "stacks"),
        new("vmalloc", 'V', Role.Kernel, "vmalloc"),
        new("percpu", 'C', Role.PerCpu, "per-CPU"),
        new("kernel", 'K', Role.Kernel, "kernel"),
        new("reserved", 'R', Role.Reserved, "reserved"),
        new("hole", ' ', Role.Hole, "no RAM"),
    ];

    private static readonly MapOwner _other = new("", 'O', Role.Text, "other");

    /// <summary>By the name of a column; one that is not known is shown as other.</summary>
    public static MapOwner Of(string name)
    {
        foreach (var owner in All)
        {
            if (owner.Name == name) return owner;
        }

        return _other with { Name = name, Text = name };
    }
}
