using System.Globalization;
using System.Text;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: a stack grows to the page that is touched, within its limit and away from its neighbours.
public sealed class StackGrowthTests
{
    private readonly Machine _machine = AMachine.Booted();
    private readonly AProgram _program;
    private readonly ulong _stack;

    public StackGrowthTests()
    {
        Assert.True(_machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));
        _program = new AProgram(_machine);
        _program.Map(8192);   // room below: unmapped again
        _machine.Memory.Areas.Remove(_program.Memory, _program.Memory.Areas[0]);
        _machine.Memory.Uncommit(8192);
        _stack = _program.Map(33, VmaFlags.GrowsDown);
    }

    // Measured on Linux: touching 200 kB below grows VmStk and VmSize by what is needed, RSS by one page.
    [Fact]
    public void It_grows_in_one_step_and_only_the_touched_page_is_there()
    {
        var committed = _machine.Memory.CommittedPages;

        _program.Write(_stack - 19);

        Assert.Equal(33UL + 19, _program.Memory.StackPages);
        Assert.Equal(33UL + 19, _program.Memory.TotalPages);
        Assert.Equal(1UL, _program.Memory.RssAnonPages);
        Assert.Equal(19, _machine.Memory.CommittedPages - committed);
        AProgram.Check(_machine);
    }

    [Fact]
    public void It_grows_to_8_MiB_and_no_further()
    {
        _program.Write(_stack + 33 - 2048);

        Assert.Equal(-(int)SystemCallError.BadAddress, _program.Touch(_stack + 33 - 2049, 1, TouchKind.Write));
        Assert.Equal(2048UL, _program.Memory.StackPages);
        AProgram.Check(_machine);
    }

    [Fact]
    public void It_keeps_1_MiB_away_from_what_lies_below()
    {
        var below = new AreaDescription(_stack - 500, _stack - 400, AProgram.Private & ~VmaFlags.Account, 0, _stack - 500);
        Assert.True(_machine.Memory.Areas.TryMap(_program.Memory, below, out _));

        _program.Write(_stack - 400 + 256);
        Assert.Equal(-(int)SystemCallError.BadAddress, _program.Touch(_stack - 400 + 255, 1, TouchKind.Write));

        AProgram.Check(_machine);
    }

    [Fact]
    public void It_does_not_grow_below_the_lowest_address_that_may_be_mapped()
    {
        var lowest = (_stack - 10) << UserSpace.PageShift;
        Assert.Equal(SysctlResult.Done, _machine.Sysctls.Write("mmap_min_addr", Encoding.ASCII.GetBytes(lowest.ToString(CultureInfo.InvariantCulture))));

        Assert.Equal(-(int)SystemCallError.BadAddress, _program.Touch(_stack - 11, 1, TouchKind.Write));
        _program.Write(_stack - 10);

        AProgram.Check(_machine);
    }
}
