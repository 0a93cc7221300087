using System.Text;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Swap;

// Goal: swapon as a program calls it, and what it answers where Linux answers an error; swapoff by the disk's path.
public sealed class SwapOnTests : IDisposable
{
    private readonly Machine _machine = Machine.Boot(AMachine.Of(128) with
    {
        Disks = [SwapBox.ADisk("vda", 64, true), SwapBox.ADisk("vdb", 32, true), SwapBox.ADisk("vdc", 16, false)],
        Mounts = [new MountConfiguration("/", 0)],
    });

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_disk_comes_into_use_and_is_logged()
    {
        Assert.Equal(0, Ask(new Request(RequestKind.SwapOn, unchecked((ulong)-1L), Path: "/dev/vdb")));

        Assert.Equal(8191, _machine.Swap.TotalPages);
        Assert.Equal((1, (short)-2), (_machine.Swap.Areas[0]!.Disk, (short)_machine.Swap.Areas[0]!.Priority));
        Assert.Contains("Adding 32764k swap on /dev/vdb.  Priority:-2 extents:1 across:32764k ", LastRecord(), StringComparison.Ordinal);
        Assert.Equal(0, Ask(new Request(RequestKind.SwapOn, 5, Path: "/dev/vdc")));
        Assert.Equal(5, _machine.Swap.Areas[1]!.Priority);
        Recount();
    }

    [Theory]
    [InlineData("/dev/vdd", SystemCallError.NoEntry)]
    [InlineData("vdb", SystemCallError.NoEntry)]
    [InlineData("/dev/", SystemCallError.NoEntry)]
    [InlineData("/dev/vda", SystemCallError.Busy)]   // mounted
    public void Without_a_free_disk_of_that_name_nothing_happens(string path, SystemCallError error)
    {
        Assert.Equal(-(long)error, Ask(new Request(RequestKind.SwapOn, Path: path)));
        Assert.Equal(0, _machine.Swap.TotalPages);
        Recount();
    }

    [Fact]
    public void What_is_swap_already_is_busy_until_it_is_off()
    {
        var on = new Request(RequestKind.SwapOn, 1, Path: "/dev/vdb");
        Assert.Equal(0, Ask(on));
        Assert.Equal(-(long)SystemCallError.Busy, Ask(on));
        Assert.Equal(0, Ask(new Request(RequestKind.SwapOff, Path: "/dev/vdb")));
        Assert.Equal(-(long)SystemCallError.Invalid, Ask(new Request(RequestKind.SwapOff, Path: "/dev/vdb")));
        Assert.Equal(-(long)SystemCallError.NoEntry, Ask(new Request(RequestKind.SwapOff, Path: "/dev/vdx")));
        Assert.Equal(0, Ask(on));
        Recount();
    }

    [Fact]
    public void A_disk_smaller_than_ten_pages_has_no_room_for_swap()
    {
        using var machine = Machine.Boot(AMachine.Of(128) with { Disks = [SwapBox.ADisk("vda", 1, true) with { Bytes = 9 * 4096 }] });
        Assert.Equal(-(long)SystemCallError.Invalid, Ask(new Request(RequestKind.SwapOn, Path: "/dev/vda"), machine));
    }

    [Fact]
    public void Twenty_seven_areas_are_the_most()
    {
        var disks = Enumerable.Range(0, 28).Select(disk => SwapBox.ADisk($"vd{(char)('a' + (disk % 26))}{(disk < 26 ? "" : "x")}", 1, true)).ToArray();
        using var machine = Machine.Boot(AMachine.Of(128) with { Disks = disks });
        for (var disk = 0; disk < 27; disk++) Assert.Equal(0, Ask(new Request(RequestKind.SwapOn, 0, Path: "/dev/" + disks[disk].Name), machine));
        Assert.Equal(-(long)SystemCallError.NotPermitted, Ask(new Request(RequestKind.SwapOn, 0, Path: "/dev/" + disks[27].Name), machine));
    }

    // The map of a 1 TiB area takes 256 MiB.
    [Fact]
    public void Without_memory_for_its_map_a_disk_stays_out_of_use()
    {
        using var machine = Machine.Boot(AMachine.Of(128) with { Disks = [SwapBox.ADisk("vda", 1 << 20, true)] });
        Assert.Equal(-(long)SystemCallError.NoMemory, Ask(new Request(RequestKind.SwapOn, 0, Path: "/dev/vda"), machine));
        Assert.Equal(0, machine.Swap.TotalPages);
        Audit.Check(machine);
    }

    private long Ask(in Request request, Machine? machine = null)
    {
        var on = machine ?? _machine;
        var task = SwapBox.Start(on, request);
        on.RunUntil(on.Now.Plus(SimTime.FromSeconds(5)));
        return SwapBox.AnswerOf(task);
    }

    private string LastRecord()
    {
        var last = "";
        foreach (var record in _machine.Log.RecordsFrom(0)) last = Encoding.UTF8.GetString(record.Text);
        return last;
    }

    private void Recount() => Audit.Check(_machine);
}
