using System.Text.RegularExpressions;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: maps names every kind of area as Linux does, in the captured layout.
public sealed class MapsTests
{
    private const MapFlags Anonymous = MapFlags.ReadWrite | MapFlags.Anonymous;

    [Fact]
    public void A_program_shows_its_segments_heap_libraries_and_stack()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([new Request(RequestKind.Brk, HeapStart + (132 << 10))]));

        // Inode numbers are the machine's own.
        Assert.Equal(
            """
            555555554000-55555556d000 r-xp 00000000 00:02 N /usr/bin/requests
            55555556d000-555555577000 r--p 00019000 00:02 N /usr/bin/requests
            555555577000-55555557a000 rw-p 00023000 00:02 N /usr/bin/requests
            55555557a000-5555555a0000 rw-p 00000000 00:00 0 [heap]
            7ffff7fe3000-7ffff7fe7000 r--p 00000000 00:00 0 [vvar]
            7ffff7fe7000-7ffff7fe9000 r-xp 00000000 00:00 0 [vdso]
            7ffff7fe9000-7ffff7ff8000 r-xp 00000000 00:02 N /usr/lib/x86_64-linux-gnu/libc.so.6
            7ffff7ff8000-7ffff7ffd000 r--p 0000f000 00:02 N /usr/lib/x86_64-linux-gnu/libc.so.6
            7ffff7ffd000-7ffff7fff000 rw-p 00014000 00:02 N /usr/lib/x86_64-linux-gnu/libc.so.6
            7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 [stack]

            """,
            Regex.Replace(Regex.Replace(box.Read(task, "maps"), " 00:02 [1-9][0-9]* ", " 00:02 N "), " {2,}", " "));
    }

    [Fact]
    public void Names_begin_in_the_captured_column_and_lines_without_one_end_in_a_blank()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([new Request(RequestKind.Mmap, 1 << 20, (ulong)Anonymous, ulong.MaxValue)]));
        var captured = CapturedProcess.Read("init_maps").Split('\n');
        var ours = box.Read(task, "maps").Split('\n');

        foreach (var name in new[] { "/", "[vvar]", "[vdso]", "[stack]" })
        {
            Assert.Equal(73, captured.First(line => line.Contains(name, StringComparison.Ordinal)).IndexOf(name, StringComparison.Ordinal));
            Assert.Equal(73, ours.First(line => line.Contains(name, StringComparison.Ordinal)).IndexOf(name, StringComparison.Ordinal));
        }

        Assert.Contains(captured, static line => line.EndsWith(" rw-p 00000000 00:00 0 ", StringComparison.Ordinal));
        Assert.Contains(ours, static line => line.EndsWith(" rw-p 00000000 00:00 0 ", StringComparison.Ordinal));
    }

    [Fact]
    public void Shared_anonymous_memory_is_a_deleted_file_of_the_kernels_tmpfs()
    {
        using var box = Box.With();
        var task = box.Start(new Requests(
            [new Request(RequestKind.Mmap, 1 << 20, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Shared), ulong.MaxValue)]));

        Assert.Matches(@"(?m)^[0-9a-f]+-[0-9a-f]+ rw-s 00000000 00:01 [1-9][0-9]* {2,}/dev/zero \(deleted\)$", box.Read(task, "maps"));
    }

    [Fact]
    public void A_mapped_file_has_its_disk_offset_and_inode_and_is_deleted_once_it_is_removed()
    {
        using var box = Box.WithDisks();
        var open = (ulong)Kernel.PageCache.OpenFlags.Create;
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Open, open, 1 << 20, Path: "/srv/data/file"),
            new Request(RequestKind.Mmap, 8192, (ulong)(MapFlags.Read | MapFlags.Shared), 0, 65536),
        ]), milliseconds: 2000);

        Assert.Matches(@"(?m)^[0-9a-f]+-[0-9a-f]+ r--s 00010000 fe:00 [1-9][0-9]* {2,}/srv/data/file$", box.Read(task, "maps"));
        box.Start(new Requests([new Request(RequestKind.Unlink, Path: "/srv/data/file")]), milliseconds: 2000);
        Assert.Matches(@"(?m)^[0-9a-f]+-[0-9a-f]+ r--s 00010000 fe:00 [1-9][0-9]* {2,}/srv/data/file \(deleted\)$", box.Read(task, "maps"));
    }

    [Fact]
    public void Tasks_without_an_address_space_have_no_areas_and_no_rollup()
    {
        using var box = Box.With();
        foreach (var pid in new[] { 2, Zombie.In(box).Pid })
        {
            Assert.Equal("", box.Read($"/proc/{pid}/maps"));
            Assert.Equal("", box.Read($"/proc/{pid}/smaps"));
            Assert.Equal(FileTree.Errno.ESRCH, box.Tree.TryRead($"/proc/{pid}/smaps_rollup", out _));
        }
    }

    private const ulong HeapStart = 0x5555_5557_f000;
}
