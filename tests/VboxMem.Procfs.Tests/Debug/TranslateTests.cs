using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;
using VboxMem.Procfs.Tests.Pid;

namespace VboxMem.Procfs.Tests.Debug;

// Goal: an address is translated as the machine's page tables say, at every level, and as pagemap says at the end.
[Collection(SwappingBox.Collection)]
public sealed class TranslateTests(SwappingBox swapping)
{
    private const ulong Place = 0x2000_0000;
    private const MapFlags Anonymous = MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed;

    [Fact]
    public void A_written_page_is_reached_over_four_levels_with_its_bits()
    {
        using var box = Box.With();
        var task = AWriter(box, 4096);

        var rows = Translate(box, task, "20000123");

        Assert.Equal(["pgd", "pud", "pmd", "pte"], rows.Select(static row => row["level"]));
        Assert.Equal(["0", "0", "256", "0"], rows.Select(static row => row["index"]));
        Assert.Equal(["table", "table", "table", "page"], rows.Select(static row => row["target"]));
        Assert.Equal("1 1 1 0 0 1 1 - 0 0 1 1", string.Join(' ', BitsOf(rows[3])));   // P RW US PWT PCD A D PS PAT G SD NX
        Assert.Equal("1 1 1 0 0 1 1 0 - 0 0 0", string.Join(' ', BitsOf(rows[2])));
        Assert.EndsWith("123", rows[3]["physical"], StringComparison.Ordinal);
        Assert.Equal(rows, Translate(box, task, "0x20000123"), RowComparer.Instance);
    }

    [Fact]
    public void A_huge_page_ends_the_way_at_the_third_level()
    {
        using var box = Box.With();
        var task = AWriter(box, 4 << 20);
        var word = PageWords.At(box, task, Place + 0x12_3000);

        var rows = Translate(box, task, "20123456");

        Assert.Equal((3, "pmd", "page"), (rows.Length, rows[2]["level"], rows[2]["target"]));
        Assert.Equal("1 1 1 0 0 1 1 1 0 0 1 1", string.Join(' ', BitsOf(rows[2])));
        Assert.Equal((word & PageWords.Frame) << 12 | 0x456, Hexadecimal(rows[2]["physical"]));
    }

    [Fact]
    public void Five_levels_have_one_more_step()
    {
        using var machine = Machine.Boot(new MachineConfiguration { RamBytes = 128UL << 20, Cpus = 1, InitrdBytes = 0, HasLa57 = true });
        var task = machine.Spawn(new Requests([new Request(RequestKind.Mmap, 4096, (ulong)Anonymous | Place, ulong.MaxValue), new Request(RequestKind.Touch, Place, 1, (ulong)TouchKind.Write)]))!;
        machine.RunUntil(machine.Now.Plus(Kernel.Time.SimTime.FromSeconds(1)));
        var tree = new MachineTree(machine);

        Assert.Equal(Errno.None, tree.TryRead($"/sys/kernel/debug/vbox/translate/{task.Pid}/20000000", out var content));

        var lines = System.Text.Encoding.UTF8.GetString(content.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(["pgd", "p4d", "pud", "pmd", "pte"], lines.Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.Equal(machine.Memory[task.MemoryId].TopTable.Index, Hexadecimal(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]));
        Assert.Contains(" page ", lines[4], StringComparison.Ordinal);
        Assert.Equal(Errno.None, tree.TryStat($"/sys/kernel/debug/vbox/translate/{task.Pid}/ffffffffffe000", out _));
        Assert.Equal(Errno.ENOENT, tree.TryStat($"/sys/kernel/debug/vbox/translate/{task.Pid}/fffffffffff000", out _));
    }

    [Fact]
    public void Steps_are_the_entries_of_the_machines_tables_and_the_end_is_what_pagemap_says()
    {
        var (box, random, ends) = (swapping.Box, new Random(7), new HashSet<string>());
        foreach (var task in swapping.Users)
        {
            foreach (var line in MemoryAgreement.Lines(box.Read(task, "maps")))
            {
                var (start, end) = MemoryAgreement.Range(line);
                for (var sample = 0; sample < 12; sample++)
                {
                    var page = start + (ulong)random.NextInt64((long)(end - start));
                    var rows = Translate(box, task, (page << 12).ToString("x", CultureInfo.InvariantCulture));
                    CheckSteps(box.Machine, task, page, rows);
                    CheckEnd(rows[^1], page, PageWords.Of(box, task.Pid, page, 1)[0]);
                    ends.Add(rows[^1]["target"]);
                }
            }
        }

        Assert.Superset(new HashSet<string> { "page", "swap", "none" }, ends);
    }

    [Theory]
    [InlineData("", Errno.None)]
    [InlineData("/1", Errno.None)]
    [InlineData("/1/0", Errno.None)]
    [InlineData("/1/7fffffffefff", Errno.None)]
    [InlineData("/1/7ffffffff000", Errno.ENOENT)]
    [InlineData("/1/ffffffff81000000", Errno.ENOENT)]
    [InlineData("/1/x", Errno.ENOENT)]
    [InlineData("/1/", Errno.None)]
    [InlineData("/1/0x", Errno.ENOENT)]
    [InlineData("/1/1/1", Errno.ENOTDIR)]
    [InlineData("/01/1", Errno.ENOENT)]
    [InlineData("/2", Errno.ENOENT)]      // a kernel thread
    [InlineData("/99999", Errno.ENOENT)]
    [InlineData("x", Errno.ENOENT)]
    public void Addresses_of_programs_are_there_whatever_is_mapped_and_nothing_else(string path, Errno answer)
    {
        using var box = Box.With();
        box.Machine.StartInit(new Requests([]));
        box.Run(100);

        Assert.Equal(answer, box.Tree.TryStat("/sys/kernel/debug/vbox/translate" + path, out _));
    }

    [Fact]
    public void Listings_name_the_processes_and_no_address()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));

        Assert.Equal(Errno.None, box.Tree.TryList("/sys/kernel/debug/vbox/translate", out var names));
        Assert.Equal([task.Pid.ToString(CultureInfo.InvariantCulture)], names);
        Assert.Equal(Errno.None, box.Tree.TryList($"/sys/kernel/debug/vbox/translate/{task.Pid}", out names));
        Assert.Empty(names);
        Assert.Equal(Errno.None, box.Tree.TryList("/sys/kernel/debug/vbox", out names));
        Assert.Contains("translate", names);
        Assert.Equal(Errno.EINVAL, box.Tree.TryWrite($"/sys/kernel/debug/vbox/translate/{task.Pid}/0", "1"u8));
    }

    private static Process AWriter(Box box, ulong bytes) => box.Start(new Requests(
        [new Request(RequestKind.Mmap, bytes, (ulong)Anonymous | Place, ulong.MaxValue), new Request(RequestKind.Touch, Place, bytes, (ulong)TouchKind.Write)]));

    private static IReadOnlyDictionary<string, string>[] Translate(Box box, Process task, string address) =>
        [.. DebugTable.Of(box, string.Create(CultureInfo.InvariantCulture, $"translate/{task.Pid}/{address}")).Rows];

    private static IEnumerable<string> BitsOf(IReadOnlyDictionary<string, string> row) =>
        new[] { "P", "RW", "US", "PWT", "PCD", "A", "D", "PS", "PAT", "G", "SD", "NX" }.Select(name => row[name]);

    /// <summary>Goes down the machine's own tables, beside the file.</summary>
    private static void CheckSteps(Machine machine, Process task, ulong page, IReadOnlyDictionary<string, string>[] rows)
    {
        var table = machine.Memory[task.MemoryId].TopTable;
        var shift = 27;
        foreach (var row in rows)
        {
            var index = (int)(page >> shift) & 511;
            var entry = machine.Memory.Tables.Entries(table)[index];
            Assert.Equal((table.Index, (ulong)index), (Hexadecimal(row["table"]), Hexadecimal("0x" + int.Parse(row["index"], CultureInfo.InvariantCulture).ToString("x", CultureInfo.InvariantCulture))));
            Assert.Equal(entry.Without(EntryBits.MayHoldZeros).Value, Hexadecimal(row["entry"]) & ~(ulong)EntryBits.MayHoldZeros);
            Assert.Equal(entry.IsMapped ? entry.Has(EntryBits.Accessed) ? "1" : "0" : "-", row["A"]);
            Assert.Equal(entry.IsMapped ? entry.Has(EntryBits.Dirty) ? "1" : "0" : "-", row["D"]);
            Assert.Equal(entry.IsMapped ? entry.Has(EntryBits.Writable) ? "1" : "0" : "-", row["RW"]);
            (table, shift) = (entry.Pfn, shift - 9);
        }

        Assert.NotEqual("table", rows[^1]["target"]);
        Assert.All(rows[..^1], static row => Assert.Equal("table", row["target"]));
    }

    private static void CheckEnd(IReadOnlyDictionary<string, string> row, ulong page, ulong word)
    {
        Assert.Equal(row["target"] is "page" or "zero", word.Has(PageWords.Present));
        Assert.Equal(row["target"] == "swap", word.Has(PageWords.Swapped));
        if (row["target"] == "page")
        {
            Assert.Equal(word & PageWords.Frame, Hexadecimal(row["physical"]) >> 12);
            Assert.Equal(word & PageWords.Frame, Hexadecimal(row["frame"]) + (row["level"] == "pmd" ? page & 511 : 0));
        }
        else if (row["target"] == "swap")
        {
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{word & 31}:{(word & PageWords.Frame) >> 5}"), row["swap"]);
        }
    }

    private static ulong Hexadecimal(string text) => ulong.Parse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed class RowComparer : IEqualityComparer<IReadOnlyDictionary<string, string>>
    {
        public static RowComparer Instance { get; } = new();

        public bool Equals(IReadOnlyDictionary<string, string>? x, IReadOnlyDictionary<string, string>? y) => x!.SequenceEqual(y!);

        public int GetHashCode(IReadOnlyDictionary<string, string> row) => row.Count;
    }
}
