// Goal: a text is accepted, refused and understood exactly as Linux does.
// Method: the cases below were written to files of a real kernel that share the handlers of /proc/sys/vm
// (kernel.msgmax and kernel.shmmax of a private IPC namespace, net.ipv4.tcp_fin_timeout of a private network
// namespace), and what read back is what is expected here. Ranges come from the facts, 6.7.

using System.Text;
using FsCheck.Xunit;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Tests.Sysctl;

public sealed class SysctlFileTests
{
    [Theory]
    [InlineData("7", 7)]
    [InlineData(" 7", 7)]
    [InlineData("\t\v\f\r\n7\n", 7)]
    [InlineData("\u00a07", 7)]
    [InlineData("7\t", 7)]
    [InlineData("7 8", 7)]
    [InlineData("7 x", 7)]
    [InlineData("0x1f", 31)]
    [InlineData("0X1F", 31)]
    [InlineData("010", 8)]
    [InlineData("-0", 0)]
    [InlineData("2147483647", 2147483647)]
    [InlineData("00000000000000000005", 5)]
    [InlineData("                              00000000000000000007", 7)]
    public void A_number_is_read_as_linux_reads_it(string text, long expected)
    {
        Assert.True(Parse("max_map_count", text, out var write));
        Assert.Equal(1, write.Count);
        Assert.Equal(expected, write.Number);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData(" ")]
    [InlineData("7\u00a0")]
    [InlineData("7\v")]
    [InlineData("7\r\n")]
    [InlineData("7\0")]
    [InlineData("7x")]
    [InlineData("0x")]
    [InlineData("0xg")]
    [InlineData("08")]
    [InlineData("-1")]
    [InlineData("- 1")]
    [InlineData("-")]
    [InlineData("--1")]
    [InlineData("+5")]
    [InlineData("2147483648")]
    [InlineData("000000000000000000005")]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999")]
    [InlineData("1e3")]
    [InlineData("5,")]
    [InlineData("5.0")]
    [InlineData("000000000000000000000000000000")]
    public void What_linux_answers_with_einval_is_refused(string text)
    {
        Assert.False(Parse("max_map_count", text, out var write));
        Assert.Equal(0, write.Count);
    }

    [Theory]
    [InlineData("2147483648", 2147483648)]
    [InlineData("18446744073709551615", 18446744073709551615)]
    [InlineData("0xffffffffffffffff", 18446744073709551615)]
    [InlineData("01777777777777777777", 36028797018963967)]
    public void A_long_takes_all_64_bits(string text, ulong expected)
    {
        Assert.True(Parse("nr_hugepages", text, out var write));
        Assert.Equal(expected, (ulong)write.Number);
    }

    [Theory]
    [InlineData("-0x7fffffffffffffff5")]
    [InlineData("-1")]
    [InlineData("18446744073709551616")]
    public void A_long_takes_no_more_than_64_bits_and_nothing_negative(string text) =>
        Assert.False(Parse("nr_hugepages", text, out _));

    [Fact]
    public void Text_is_looked_at_for_4095_characters()
    {
        Assert.True(Parse("nr_hugepages", new string(' ', 4094) + "7", out var write));
        Assert.Equal(7, write.Number);
        Assert.False(Parse("nr_hugepages", new string(' ', 4095) + "7", out _));
    }

    [Theory]
    [InlineData("swappiness")]
    [InlineData("nr_hugepages")]
    [InlineData("lowmem_reserve_ratio")]
    [InlineData("stat_refresh")]
    public void An_empty_write_is_accepted_and_stores_nothing(string name)
    {
        Assert.True(Parse(name, "", out var write));
        Assert.Equal(0, write.Count);
    }

    [Theory]
    [InlineData("compact_unevictable_allowed", 0, 1)]
    [InlineData("compaction_proactiveness", 0, 100)]
    [InlineData("dirty_background_ratio", 0, 100)]
    [InlineData("dirty_expire_centisecs", 0, int.MaxValue)]
    [InlineData("dirty_ratio", 0, 100)]
    [InlineData("dirty_writeback_centisecs", int.MinValue, int.MaxValue)]
    [InlineData("dirtytime_expire_seconds", 0, int.MaxValue)]
    [InlineData("drop_caches", 1, 4)]
    [InlineData("compact_memory", 1, 1)]
    [InlineData("extfrag_threshold", 0, 1000)]
    [InlineData("hugetlb_shm_group", int.MinValue, int.MaxValue)]
    [InlineData("laptop_mode", -8589934, 8589934)]
    [InlineData("stat_interval", -8589934, 8589934)]
    [InlineData("memfd_noexec", 0, 2)]
    [InlineData("min_free_kbytes", 0, int.MaxValue)]
    [InlineData("min_slab_ratio", 0, 100)]
    [InlineData("min_unmapped_ratio", 0, 100)]
    [InlineData("mmap_rnd_bits", 28, 32)]
    [InlineData("mmap_rnd_compat_bits", 8, 16)]
    [InlineData("overcommit_memory", 0, 2)]
    [InlineData("overcommit_ratio", int.MinValue, int.MaxValue)]
    [InlineData("page-cluster", 0, 31)]
    [InlineData("panic_on_oom", 0, 2)]
    [InlineData("swappiness", 0, 200)]
    [InlineData("unprivileged_userfaultfd", 0, 1)]
    [InlineData("vfs_cache_pressure", 0, int.MaxValue)]
    [InlineData("watermark_boost_factor", 0, int.MaxValue)]
    [InlineData("watermark_scale_factor", 1, 3000)]
    [InlineData("zone_reclaim_mode", 0, int.MaxValue)]
    [InlineData("dirty_background_bytes", 1, long.MaxValue)]
    [InlineData("dirty_bytes", 8192, long.MaxValue)]
    [InlineData("admin_reserve_kbytes", 0, long.MaxValue)]
    public void A_file_takes_both_ends_of_its_range_and_nothing_beyond(string name, long minimum, long maximum)
    {
        Assert.True(Parse(name, $"{minimum}\n", out var lowest));
        Assert.Equal(minimum, lowest.Number);
        Assert.True(Parse(name, $"{maximum}\n", out var highest));
        Assert.Equal(maximum, highest.Number);
        Assert.False(Parse(name, $"{(Int128)minimum - 1}\n", out _));
        if (maximum < long.MaxValue) Assert.False(Parse(name, $"{(Int128)maximum + 1}\n", out _));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    [InlineData("7", false)]
    [InlineData("8", true)]
    [InlineData("-8", false)]
    public void The_high_fraction_is_zero_or_at_least_eight(string text, bool accepted) =>
        Assert.Equal(accepted, Parse("percpu_pagelist_high_fraction", text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("-5", 1)]
    [InlineData("2147483647", 1)]
    public void A_boolean_stores_one_for_everything_but_zero(string text, int expected)
    {
        Assert.True(Parse("hugetlb_optimize_vmemmap", text, out var write));
        Assert.Equal(expected, write.Number);
    }

    [Theory]
    [InlineData("64 64 16 0 0\n", "64 64 16 0 0", true)]
    [InlineData("1\t2\n3 4", "1 2 3 4", true)]
    [InlineData("-1 5", "0 5", true)]
    [InlineData("1 x 3", "1", false)]
    [InlineData("1 2x", "1", false)]
    [InlineData("x", "", false)]
    [InlineData("\n", "", false)]
    [InlineData("1,2", "", false)]
    [InlineData("99999999999 1", "", false)]
    [InlineData("1 99999999999 1", "1", false)]
    [InlineData("1 2 3 4 5 6", "1 2 3 4 5", false)]
    public void A_vector_never_fails_and_stores_the_leading_numbers(string text, string stored, bool complete)
    {
        Assert.True(Parse("lowmem_reserve_ratio", text, out var write));
        Assert.Equal(stored, string.Join(' ', Enumerable.Range(0, write.Count).Select(write.Field)));
        Assert.Equal(complete, write.IsComplete);
        Assert.Throws<ArgumentOutOfRangeException>(() => write.Field(write.Count));
    }

    [Theory]
    [InlineData("Node\n", true)]
    [InlineData("default", true)]
    [InlineData("D", true)]
    [InlineData("nonsense", true)]
    [InlineData("Zone", false)]
    [InlineData(" Node", false)]
    [InlineData("", false)]
    public void Zonelist_order_looks_at_the_first_letter_alone(string text, bool accepted)
    {
        Assert.Equal(accepted, Parse("numa_zonelist_order", text, out var write));
        Assert.Equal(0, write.Count);
    }

    [Theory]
    [InlineData("7", true)]
    [InlineData(" 7 \n", true)]
    [InlineData("7 8", false)]
    [InlineData("7 x", false)]
    public void A_write_says_whether_part_of_the_text_was_dropped(string text, bool complete)
    {
        Assert.True(Parse("swappiness", text, out var write));
        Assert.Equal(complete, write.IsComplete);
    }

    [Theory]
    [InlineData("swappiness", "0..200")]
    [InlineData("percpu_pagelist_high_fraction", "0 or >= 8")]
    [InlineData("compact_memory", "only 1")]
    [InlineData("dirty_bytes", "8192..18446744073709551615")]
    [InlineData("max_map_count", "0..2147483647")]
    [InlineData("laptop_mode", "-8589934..8589934")]
    [InlineData("overcommit_ratio", "any whole number of 32 bits")]
    [InlineData("hugetlb_optimize_vmemmap", "0 or 1 (any other whole number counts as 1)")]
    [InlineData("lowmem_reserve_ratio", "1 to 5 whole numbers, one a zone")]
    [InlineData("numa_zonelist_order", "Node or Default")]
    [InlineData("stat_refresh", "anything")]
    public void What_is_allowed_is_said_for_people(string name, string allowed)
    {
        Assert.True(SysctlTable.TryFind(name, out var file));
        Assert.Equal(allowed, file.Allowed);
    }

    [Property(MaxTest = 500)]
    public void Any_text_gives_a_number_within_the_range_or_is_refused(byte[] choices)
    {
        var text = choices.Select(choice => "0123456789 -x\t\nNf"u8[choice % 17]).ToArray();
        foreach (var file in SysctlTable.Files)
        {
            if (!file.TryParse(text, out var write) || write.Count == 0) continue;
            Assert.True(write.Number >= file.Minimum || file.ZeroIsAllowed && write.Number == 0, file.Name);
            Assert.True(write.Number <= file.Maximum, file.Name);
        }
    }

    [Property(MaxTest = 500)]
    public void Every_number_that_is_written_in_decimal_hexadecimal_or_octal_reads_the_same(ulong number)
    {
        foreach (var text in new[] { $"{number}", $"0x{number:x}", "0" + Convert.ToString((long)(number >> 7), 8) })
        {
            Assert.True(Parse("nr_hugepages", text, out var write));
            Assert.Equal(text[0] == '0' && text.Length > 1 && text[1] != 'x' ? number >> 7 : number, (ulong)write.Number);
        }
    }

    private static bool Parse(string name, string text, out SysctlWrite write)
    {
        Assert.True(SysctlTable.TryFind(name, out var file), name);
        return file.TryParse(Encoding.Latin1.GetBytes(text), out write);
    }
}
