// Goal: code in use stays active when the active list is cut; all else goes to the inactive list and must be used again to come back.
// Method: two files of 16 pages that a program maps and reads, one of them as code; the active list is cut by hand.

using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Tests.PageCache;
using VboxMem.Kernel.Tests.Virtual;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class ActiveListTests : IDisposable
{
    private const ulong Pages = 16;

    private readonly FileBox _box = new();
    private readonly ARunningProgram _program;

    public ActiveListTests() => _program = new ARunningProgram(Machine);

    private Machine Machine => _box.Machine;

    public void Dispose() => _box.Dispose();

    [Fact]
    public void Code_goes_round_once_more_as_long_as_it_is_used()
    {
        var code = MapActive("/mnt/code", VmaFlags.Execute | VmaFlags.MayExecute, out var start);
        var data = MapActive("/mnt/data", VmaFlags.None, out _);

        Cut();
        Assert.All(code, folio => Assert.True(Machine.Frames[folio].Has(PageFlags.Active) && !Machine.Frames[folio].Has(PageFlags.Workingset)));
        Assert.All(data, folio => Assert.True(!Machine.Frames[folio].Has(PageFlags.Active) && Machine.Frames[folio].Has(PageFlags.Workingset)));

        _program.Read(start, Pages / 2);
        Cut();
        Assert.Equal(Pages / 2, (ulong)code.Count(folio => Machine.Frames[folio].Has(PageFlags.Active)));
        _box.Audit();
    }

    private List<Pfn> MapActive(string path, VmaFlags more, out ulong start)
    {
        _box.Run(FileBox.Open(path, OpenFlags.Create, Pages << 12), FileBox.Read(0, Pages << 12));
        var inode = Machine.FilePages.Resolve(path, 0);
        start = _program.MapFile(inode, Pages, more);
        _program.Read(start, Pages);
        Machine.Lru.DrainAll();
        var folios = new List<Pfn>();
        for (var index = 0UL; index < Pages; index++)
        {
            var folio = Machine.PageCache.Find(inode, index);
            while (!Machine.Frames[folio].Has(PageFlags.Active))
            {
                Machine.Lru.MarkAccessed(folio);
                Machine.Lru.DrainAll();
            }

            folios.Add(folio);
        }

        return folios;
    }

    /// <summary>Looks at the whole active list of files once.</summary>
    private void Cut()
    {
        var vector = Machine.Lru.Vectors[0];
        var control = new ScanControl { Gfp = GfpFlags.Kernel, Flags = ScanFlags.MayUnmap, HighestZone = ZoneType.Device };
        Machine.Reclaimer.Lists.ShrinkActive(vector, LruList.ActiveFile, vector.SizePages(LruList.ActiveFile), control);
    }
}
