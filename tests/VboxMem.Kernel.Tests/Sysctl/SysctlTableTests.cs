// Goal: the table is the directory of a real machine.
// Method: compare names, order and defaults with `sysctl -a` of six captured machines, which leaves out the files
// that nobody may read.

using System.Runtime.CompilerServices;
using System.Text;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Tests.Sysctl;

public sealed class SysctlTableTests
{
    private static readonly string[] WriteOnly = ["compact_memory", "drop_caches"];
    private static readonly string[] Computed = ["admin_reserve_kbytes", "min_free_kbytes", "user_reserve_kbytes"];

    private static readonly string[] Machines = ["ram-128m", "ram-1g", "ram-4g", "ram-8g", "numa-4g-4g", "cpus-8-1g"];

    public static TheoryData<string> Captures => new(Machines);

    [Theory]
    [MemberData(nameof(Captures))]
    public void Names_and_order_are_those_of_the_captured_machine(string capture)
    {
        var captured = Read(capture).Select(line => line.Name);
        Assert.Equal(captured, SysctlTable.Files.Where(file => file.IsReadable).Select(file => file.Name));
    }

    [Theory]
    [MemberData(nameof(Captures))]
    public void Constant_defaults_are_what_the_captured_machine_reads(string capture)
    {
        foreach (var (name, text) in Read(capture))
        {
            Assert.True(SysctlTable.TryFind(name, out var file), name);
            if (file.Default is not null) Assert.Equal((name, text), (file.Name, file.Default));
        }
    }

    [Fact]
    public void Only_the_values_that_follow_the_machine_have_no_constant_default()
    {
        var machines = Machines.Select(machine => Read(machine)).ToList();
        var varying = machines[0].Select(line => line.Name)
            .Where(name => machines.Select(lines => lines.Single(line => line.Name == name).Text).Distinct().Count() > 1);

        Assert.Equal(Computed, varying);
        Assert.Equal(Computed, SysctlTable.Files.Where(file => file.IsReadable && file.Default is null).Select(file => file.Name));
    }

    [Fact]
    public void There_are_52_files_in_ordinal_order()
    {
        var names = SysctlTable.Files.Select(file => file.Name).ToArray();
        Assert.Equal(52, names.Length);
        Assert.Equal(names.Order(StringComparer.Ordinal).Distinct(), names);
    }

    [Fact]
    public void Files_that_nobody_may_read_are_the_two_that_start_something()
    {
        Assert.Equal(WriteOnly, SysctlTable.Files.Where(file => !file.IsReadable).Select(file => file.Name));
        Assert.Equal([.. WriteOnly, "stat_refresh"], SysctlTable.Files.Where(file => file.IsAction).Select(file => file.Name));
    }

    [Theory]
    [InlineData("drop_caches", "200")]
    [InlineData("compact_memory", "200")]
    [InlineData("mmap_rnd_bits", "600")]
    [InlineData("mmap_rnd_compat_bits", "600")]
    [InlineData("stat_refresh", "600")]
    [InlineData("swappiness", "644")]
    public void Modes_are_those_of_linux(string name, string octal)
    {
        Assert.True(SysctlTable.TryFind(name, out var file));
        Assert.Equal(octal, Convert.ToString(file.Mode, 8));
    }

    [Fact]
    public void Every_other_file_has_mode_644() =>
        Assert.Equal(47, SysctlTable.Files.Count(file => Convert.ToString(file.Mode, 8) == "644"));

    [Fact]
    public void A_default_can_be_written_back_except_the_zero_that_means_not_set()
    {
        var refused = SysctlTable.Files
            .Where(file => file.Default is not null && !file.TryParse(Encoding.UTF8.GetBytes(file.Default), out _))
            .Select(file => file.Name);
        Assert.Equal(["dirty_background_bytes", "dirty_bytes"], refused);
    }

    [Fact]
    public void Every_file_is_found_by_its_name_and_nothing_else_is()
    {
        Assert.All(SysctlTable.Files, file => Assert.True(SysctlTable.TryFind(file.Name, out var found) && found == file));
        Assert.All(["", "Swappiness", "swappines", "zzz", "a", "page_cluster"], name => Assert.False(SysctlTable.TryFind(name, out _)));
    }

    [Fact]
    public void Every_file_says_what_it_does_in_one_line() =>
        Assert.All(SysctlTable.Files, file =>
        {
            Assert.InRange(file.Meaning.Length, 20, 120);
            Assert.DoesNotContain('\n', file.Meaning);
            Assert.DoesNotContain('|', file.Meaning);
            Assert.EndsWith(".", file.Meaning, StringComparison.Ordinal);
        });

    private static List<(string Name, string Text)> Read(string capture, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "..", "Captures", "sysctl_vm", capture + ".txt");
        return [.. File.ReadLines(path).Select(line => line.Split(" = ", 2)).Select(part => (part[0]["vm.".Length..], part[1]))];
    }
}
