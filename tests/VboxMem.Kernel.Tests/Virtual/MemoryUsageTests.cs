using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.PageCache;
using VboxMem.Kernel.Tests.Reclaim;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: what smaps says of programs that share memory, own it, give it up, lock it and have it in swap.
// Method: worked examples, figures measured on real machines, and the sums that must hold whatever happens.
public sealed class MemoryUsageTests : IDisposable
{
    private const ulong Mebibyte = 1 << 20;
    private const ulong PagesPerMebibyte = 256;

    private readonly FileBox _box = new(ramMebibytes: 256);

    public MemoryUsageTests() => Assert.True(Machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));

    private Machine Machine => _box.Machine;

    public void Dispose() => _box.Dispose();

    // Worked example: a library of 10 MiB and three programs that have 5, 8 and 3 MiB of their own.
    [Fact]
    public void A_library_that_three_programs_share_is_a_third_to_each()
    {
        var library = MakeFile("/mnt/library", 10 * Mebibyte);
        ulong[] own = [5, 8, 3];
        var programs = own.Select(mebibytes => WithLibraryAnd(library, mebibytes)).ToArray();

        var usages = programs.Select(program => MemoryUsage.Of(Machine, program.Memory)).ToArray();

        Assert.Equal([8.33, 11.33, 6.33], usages.Select(usage => Math.Round(usage.Pss.Bytes / (double)Mebibyte, 2)));
        Assert.Equal([15UL, 18UL, 13UL], usages.Select(usage => usage.RssPages / PagesPerMebibyte));
        Assert.Equal(own, usages.Select(usage => usage.UniquePages / PagesPerMebibyte));
        Assert.All(usages, usage => Assert.Equal(10 * PagesPerMebibyte, usage.SharedCleanPages));
        Assert.All(usages, AssertAddsUp);
    }

    private ARunningProgram WithLibraryAnd(int library, ulong mebibytes)
    {
        var program = new ARunningProgram(Machine);
        program.Read(program.MapFile(library, 10 * PagesPerMebibyte, VmaFlags.Execute), 10 * PagesPerMebibyte);
        Map(program, mebibytes, isWritten: true);
        return program;
    }

    // Figures of a real machine: 16 MiB, a fork, and a child that writes 4 MiB of it.
    [Fact]
    public void After_a_fork_memory_is_half_each_ones_until_it_is_written()
    {
        var parent = new AProgram(Machine);
        var start = parent.Map(16 * PagesPerMebibyte);
        parent.Write(start, 16 * PagesPerMebibyte);
        var child = parent.Fork();

        foreach (var usage in new[] { MemoryUsage.Of(Machine, parent.Memory), MemoryUsage.Of(Machine, child.Memory) })
        {
            Assert.Equal((16384UL, 8192UL), (usage.RssPages * 4, usage.Pss.Kilobytes));
            Assert.Equal((16384UL, 0UL), (usage.SharedDirtyPages * 4, usage.PrivateDirtyPages * 4));
            Assert.Equal(usage.Pss, usage.PssDirty);
        }

        Assert.Equal(0UL, MemoryUsage.Of(Machine, child.Memory).ReferencedPages);
        child.Write(start, 4 * PagesPerMebibyte);

        foreach (var usage in new[] { MemoryUsage.Of(Machine, parent.Memory), MemoryUsage.Of(Machine, child.Memory) })
        {
            Assert.Equal((16384UL, 10240UL), (usage.RssPages * 4, usage.Pss.Kilobytes));
            Assert.Equal((12288UL, 4096UL), (usage.SharedDirtyPages * 4, usage.PrivateDirtyPages * 4));
            AssertAddsUp(usage);
        }
    }

    [Fact]
    public void The_zero_page_is_in_none_of_the_figures()
    {
        var program = new AProgram(Machine);
        program.Read(program.Map(64), 64);

        var usage = MemoryUsage.Of(Machine, program.Memory);

        Assert.Equal((0UL, 0UL, 0UL), (usage.RssPages, usage.Pss.Fixed, usage.ReferencedPages));
    }

    // Measured: "shared" goes by mappings, not by processes.
    [Fact]
    public void A_page_that_one_program_maps_twice_is_shared()
    {
        var file = MakeFile("/mnt/f", Mebibyte);
        var program = new ARunningProgram(Machine);
        var first = program.MapFile(file, PagesPerMebibyte, VmaFlags.None);
        var second = program.MapFile(file, PagesPerMebibyte, VmaFlags.None);
        program.Read(first, PagesPerMebibyte);
        Assert.Equal(PagesPerMebibyte, MemoryUsage.Of(Machine, program.Memory).PrivateCleanPages);

        program.Read(second, PagesPerMebibyte);

        var usage = MemoryUsage.Of(Machine, program.Memory, program.Memory.Find(second)!);
        Assert.Equal((PagesPerMebibyte, 0UL), (usage.SharedCleanPages, usage.PrivateCleanPages));
        Assert.Equal(512UL, usage.PssFile.Kilobytes);
        Assert.Equal(1024UL, MemoryUsage.Of(Machine, program.Memory).Pss.Kilobytes);
    }

    [Fact]
    public void Huge_pages_are_counted_whole_as_long_as_they_are_mapped_whole()
    {
        Machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8);
        var program = new AProgram(Machine);
        var start = program.Map(2 * AProgram.HugePages);
        program.Write(start, 2 * AProgram.HugePages);
        var child = program.Fork();

        var usage = MemoryUsage.Of(Machine, child.Memory);
        Assert.Equal((1024UL, 1024UL, 2048UL), (usage.AnonHugePages, usage.RssPages, usage.Pss.Kilobytes));

        child.Zap(start, 1);

        usage = MemoryUsage.Of(Machine, child.Memory);
        Assert.Equal((512UL, 1023UL), (usage.AnonHugePages, usage.RssPages));
        var parents = MemoryUsage.Of(Machine, program.Memory);
        Assert.Equal((1024UL, 1UL), (parents.AnonHugePages, parents.PrivateDirtyPages));
        AssertAddsUp(parents);
    }

    [Fact]
    public void Memory_given_up_is_clean_and_memory_locked_is_counted_by_share()
    {
        var program = new ARunningProgram(Machine);
        var free = Map(program, 1, isWritten: true);
        var locked = Map(program, 2, isWritten: false);
        Assert.Equal(0, program.Do(new Request(RequestKind.Madvise, free, Mebibyte, (ulong)Advice.Free)));
        Assert.Equal(0, program.Do(new Request(RequestKind.Mlock, locked, 2 * Mebibyte)));
        Machine.Lru.DrainAll();

        var usage = MemoryUsage.Of(Machine, program.Memory, program.Memory.Find(free >> 12)!);
        Assert.Equal((256UL, 256UL, 0UL), (usage.LazyFreePages, usage.PrivateCleanPages, usage.LockedPss.Kilobytes));
        Assert.Equal(2048UL, MemoryUsage.Of(Machine, program.Memory).LockedPss.Kilobytes);
    }

    [Fact]
    public void What_is_in_swap_is_counted_by_the_entries_that_name_it()
    {
        using var box = new ReclaimBox(swapMebibytes: 128);
        var program = box.StartWriter(40_000);
        box.Run(60_000);
        var mm = box.Machine.Memory[program.MemoryId];

        var usage = MemoryUsage.Of(box.Machine, mm);

        Assert.True(usage.SwapPages > 5_000);
        Assert.Equal((mm.RssAnonPages, mm.SwapEntryPages), (usage.AnonPages, usage.SwapPages));
        Assert.Equal(usage.SwapPages * 4, usage.SwapPss.Kilobytes);
        AssertAddsUp(usage);
    }

    [Fact]
    public void A_shared_mapping_has_in_swap_what_its_object_has_there()
    {
        using var box = new ReclaimBox(swapMebibytes: 128);
        var inode = box.Machine.FilePages.CreateShmem(32 * Mebibyte, isReserved: false);
        var program = new ARunningProgram(box.Machine);
        var shared = program.MapFile(inode, 32 * PagesPerMebibyte, VmaFlags.Write | VmaFlags.Shared | VmaFlags.MayShare);
        program.Write(shared, 32 * PagesPerMebibyte);
        var ownCopy = program.MapFile(inode, 32 * PagesPerMebibyte, VmaFlags.Write);
        var half = program.MapFile(inode, 16 * PagesPerMebibyte, VmaFlags.Write | VmaFlags.Shared | VmaFlags.MayShare);
        box.StartWriter(28_000);
        box.Run(60_000);
        var swapped = box.Machine.FileSystems.Inodes[inode].SwappedPages;
        Assert.True(swapped > 1000);

        var usage = MemoryUsage.Of(box.Machine, program.Memory, program.Memory.Find(shared)!);

        Assert.Equal((swapped, 0UL), (usage.SwapPages, usage.SwapPss.Fixed));
        Assert.Equal(program.Memory.RssShmemPages, usage.ShmemPages);
        Assert.Equal(swapped, MemoryUsage.Of(box.Machine, program.Memory, program.Memory.Find(ownCopy)!).SwapPages);
        Assert.Equal(SwappedOf(box.Machine, inode, 16 * PagesPerMebibyte), MemoryUsage.Of(box.Machine, program.Memory, program.Memory.Find(half)!).SwapPages);
        AssertAddsUp(usage);
    }

    private static ulong SwappedOf(Machine machine, int inode, ulong pages)
    {
        var swapped = 0UL;
        var tree = machine.FileSystems.Inodes[inode].Tree;
        for (var next = 0UL; machine.PageCache.Trees.TryNext(tree, next, pages, out var index, out var entry); next = index + 1)
        {
            swapped += entry.IsValue ? 1UL : 0;
        }

        return swapped;
    }

    private static ulong Map(ARunningProgram program, ulong mebibytes, bool isWritten)
    {
        var address = program.Do(new Request(RequestKind.Mmap, mebibytes * Mebibyte, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous)));
        Assert.True(address > 0);
        if (isWritten)
        {
            program.Write((ulong)address >> 12, mebibytes * PagesPerMebibyte);
        }

        return (ulong)address;
    }

    private int MakeFile(string path, ulong bytes)
    {
        _box.Run(FileBox.Open(path, OpenFlags.Create, bytes), FileBox.Read(0, bytes));
        return Machine.FilePages.Resolve(path, 0);
    }

    private static void AssertAddsUp(MemoryUsage usage)
    {
        Assert.Equal(
            usage.RssPages, usage.SharedCleanPages + usage.SharedDirtyPages + usage.PrivateCleanPages + usage.PrivateDirtyPages);
        Assert.Equal(usage.Pss.Fixed, usage.PssAnon.Fixed + usage.PssFile.Fixed + usage.PssShmem.Fixed);
        Assert.True(usage.Pss.Bytes <= usage.RssPages * 4096);
        Assert.True(usage.PssDirty.Fixed <= usage.Pss.Fixed);
    }
}
