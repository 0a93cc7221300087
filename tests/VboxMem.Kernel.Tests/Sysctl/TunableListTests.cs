// Goal: what is said of a tunable's effect is so.
// Method: the kernel's source is searched for its name: what acts is read somewhere, what acts on nothing nowhere. The list in the
//         README is the table, line by line.

using VboxMem.Kernel.Sysctl;
using VboxMem.Testing;

namespace VboxMem.Kernel.Tests.Sysctl;

public sealed class TunableListTests
{
    private static readonly string _folder = Path.Combine(SourceTree.Root, "src", "VboxMem.Kernel");

    /// <summary>Known by the kind of their file, not by name.</summary>
    private static readonly string[] _unnamed = ["numa_zonelist_order"];

    [Fact]
    public void What_acts_is_read_by_the_kernel_and_what_acts_on_nothing_is_not()
    {
        var source = string.Concat(Directory.EnumerateFiles(_folder, "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && Path.GetFileName(path) != "SysctlTable.cs").Select(File.ReadAllText));
        var read = SysctlTable.Files.Where(file => source.Contains($"\"{file.Name}\"", StringComparison.Ordinal)).Select(static file => file.Name);
        Assert.Equal(SysctlTable.Files.Where(static file => file.WithoutEffect is null).Select(static file => file.Name), read.Except(_unnamed));
    }

    [Fact]
    public void Each_value_that_the_kernel_reads_by_a_property_is_used_outside_of_the_table_of_values()
    {
        var uses = string.Concat(Directory.EnumerateFiles(_folder, "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && Path.GetFileName(path) != "VmTunables.cs").Select(File.ReadAllText));
        var properties = typeof(VmTunables).GetProperties().Where(static property => property.GetIndexParameters().Length == 0).Select(static property => property.Name);
        Assert.DoesNotContain(properties, property => !uses.Contains("." + property, StringComparison.Ordinal));
    }

    [Fact]
    public void The_readme_lists_every_tunable_as_the_table_has_it()
    {
        var lines = File.ReadAllLines(Path.Combine(_folder, "Sysctl", "README.md")).Where(static line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(SysctlTable.Files.Select(LineOf), lines);
    }

    [Fact]
    public void A_reason_fits_into_its_sentence() => Assert.All(SysctlTable.Files.Where(static file => file.WithoutEffect is not null), static file =>
    {
        Assert.InRange(file.WithoutEffect!.Length, 10, 100);
        Assert.EndsWith($". Kept, acts on nothing here: {file.WithoutEffect}.", file.Description, StringComparison.Ordinal);
        Assert.False(file.IsAction);
    });

    [Theory]
    [InlineData("swappiness", "0..200")]
    [InlineData("percpu_pagelist_high_fraction", "0,8..2147483647")]
    [InlineData("compact_memory", "1")]
    [InlineData("numa_zonelist_order", "Node,Default")]
    [InlineData("stat_refresh", null)]
    [InlineData("lowmem_reserve_ratio", "0..2147483647")]
    [InlineData("hugetlb_optimize_vmemmap", "0..1")]
    [InlineData("overcommit_ratio", "-2147483648..2147483647")]
    [InlineData("dirty_bytes", "8192..18446744073709551615")]
    public void The_allowed_set_has_no_blanks(string name, string? set)
    {
        Assert.True(SysctlTable.TryFind(name, out var file));
        Assert.Equal(set, file.AllowedSet);
    }

    private static string LineOf(SysctlFile file) =>
        $"| `{file.Name}` | {file.AllowedSet ?? "any text"} | {file.Unit} | {(file.IsReadable ? file.Default?.Replace('\t', ' ') ?? "by the machine" : "")} | {(file.WithoutEffect is null ? "yes" : "no")} | {file.Description} |";
}
