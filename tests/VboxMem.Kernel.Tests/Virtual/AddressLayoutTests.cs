// Goal: chance moves what kernel.randomize_va_space lets it move, as far as Linux's bounds and no further, and nothing else.
// Method: many draws against bounds worked out by hand; then processes on machines, alone and beside others.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class AddressLayoutTests
{
    private const ulong Page = AProcess.Page;
    private const ulong WindowEnd = 0x7fff_ffff_f000;
    private const ulong Gibibyte = 1UL << 30;

    private static readonly AddressLayout _unmoved = new(
        0x7fff_f7ff_f000, 0x2aaa_aaaa_b000, false, WindowEnd, 0x7fff_ffff_eb00, 0x5555_5555_4000, 0);

    [Fact]
    public void Without_randomisation_nothing_is_drawn_and_nothing_moves()
    {
        var (chance, untouched) = (new Prng(1, "layout"), new Prng(1, "layout"));
        Assert.Equal(_unmoved, AddressLayout.Draw(ref chance, 0, 28, isBottomUp: false));
        Assert.Equal(untouched.NextUInt64(), chance.NextUInt64());
        Assert.Equal(_unmoved with { MmapBase = 0x2aaa_aaaa_b000, IsBottomUp = true }, AddressLayout.Draw(ref chance, 0, 28, isBottomUp: true));
    }

    [Theory]
    [InlineData(1, 28)]
    [InlineData(-1, 28)]
    [InlineData(2, 28)]
    [InlineData(3, 32)]
    public void Each_place_spreads_over_its_bounds(int randomizeVaSpace, int bits)
    {
        var chance = new Prng(7, "layout");
        var range = (1UL << bits) * Page;
        const ulong stackRange = (1UL << 22) * Page;
        const ulong highest = WindowEnd - (9UL << 20) - (stackRange - Page);   // 8 MiB of stack, 1 MiB of guard gap, what the stack may move
        var (mmap, stack, executable, heap) = (new Spread(), new Spread(), new Spread(), new Spread());
        var pointers = new SortedSet<ulong>();
        for (var i = 0; i < 2000; i++)
        {
            var layout = AddressLayout.Draw(ref chance, randomizeVaSpace, bits, isBottomUp: false);
            mmap.Note(layout.MmapBase);
            stack.Note(layout.StackEnd);
            executable.Note(layout.ExecutableBase);
            heap.Note(layout.HeapGapPages);
            Assert.Equal(highest - layout.MmapBase, layout.LegacyBase - 0x2aaa_aaaa_b000);   // one draw for both
            Assert.Equal((0UL, 0UL), (layout.MmapBase % Page, layout.StackEnd % Page));
            Assert.Equal(0UL, layout.StackPointer % 16);
            Assert.InRange(layout.StackEnd - layout.StackPointer, 0x500UL, 0x500UL + 8192);
            pointers.Add(layout.StackPointer % Page);
        }

        mmap.AssertFills(highest - range + Page, highest);
        stack.AssertFills(WindowEnd - stackRange - Page, WindowEnd);
        executable.AssertFills(0x5555_5555_4000, 0x5555_5555_4000 + range - Page);
        Assert.True(pointers.Count > 200, "of 256 places in a page");
        if (randomizeVaSpace >= 2)
        {
            heap.AssertFills(1, Gibibyte / Page);
        }
        else
        {
            Assert.Equal((0UL, 0UL), (heap.Least, heap.Most));
        }
    }

    [Fact]
    public void The_sysctl_decides_for_new_programs_and_not_for_those_that_run()
    {
        using var machine = AMachine.Booted(256);
        Assert.Equal(2, machine.KernelSettings.RandomizeVaSpace);
        var running = AProcess.On(machine);
        var places = PlacesOf(running);
        Assert.NotEqual(_unmoved.MmapBase, running.Memory.MmapBase);
        Assert.NotEqual(running.Memory.StartBrk, _unmoved.ExecutableBase);

        Assert.True(machine.KernelSettings.TryWriteRandomizeVaSpace("0\n"u8));
        Assert.Equal(places, PlacesOf(running));
        var unmoved = AProcess.On(machine);
        Assert.Equal(
            (_unmoved.MmapBase, WindowEnd, _unmoved.ExecutableBase),
            (unmoved.Memory.MmapBase, UserSpace.AddressOf(unmoved.Memory.Areas[^1].EndPage), unmoved.Memory.StartBrk));

        Assert.True(machine.KernelSettings.TryWriteRandomizeVaSpace("1"u8));
        var withoutHeap = AProcess.On(machine);
        Assert.Equal(withoutHeap.Memory.StartCode, withoutHeap.Memory.StartBrk);   // it has no segments at all
        Assert.NotEqual(_unmoved.ExecutableBase, withoutHeap.Memory.StartBrk);
        Audit.Check(machine);
    }

    [Theory]
    [InlineData("5", true, 5)]
    [InlineData("-2147483648", true, int.MinValue)]
    [InlineData("0x1 7", true, 1)]
    [InlineData("", true, 2)]
    [InlineData("2147483648", false, 2)]
    [InlineData("two", false, 2)]
    public void The_sysctl_takes_any_number_of_32_bits(string text, bool isTaken, int value)
    {
        var settings = new Kernel.Sysctl.KernelSettings(isRandom: true);
        Assert.Equal(isTaken, settings.TryWriteRandomizeVaSpace(System.Text.Encoding.ASCII.GetBytes(text)));
        Assert.Equal(value, settings.RandomizeVaSpace);
    }

    [Fact]
    public void Mmap_rnd_bits_widens_the_range_of_mappings()
    {
        using var machine = AMachine.Booted(256);
        machine.Sysctls.Write("mmap_rnd_bits", "32"u8);
        const ulong lowestOf28 = 0x7efb_ff70_0000;
        var lower = 0;
        for (var i = 0; i < 12; i++)
        {
            var process = AProcess.On(machine);
            lower += process.Memory.MmapBase < lowestOf28 ? 1 : 0;
            process.Exit();
        }

        Assert.True(lower >= 8, "15 of 16 lie lower than 28 bits reach");
    }

    [Fact]
    public void With_the_old_layout_mappings_go_upwards_from_a_third()
    {
        using var machine = Machine.Boot(AMachine.WithoutRandomPlaces(256));
        machine.Sysctls.Write("legacy_va_layout", "1"u8);
        var process = AProcess.On(machine);
        Assert.Equal(0x2aaa_aaaa_b000UL, UserSpace.AddressOf(process.Memory.Areas[0].StartPage));   // vvar
        var first = process.Map(Page);
        Assert.Equal(0x2aaa_aaab_1000, first);                                                      // behind vvar and vdso
        Assert.Equal(first + (long)Page, process.Map(Page, MapFlags.Read | MapFlags.Anonymous));
        Assert.Equal(0x2aaa_aac0_0000, process.Map(2 * AProcess.Mebibyte));
        Assert.Equal(0x2aaa_aae0_0000, process.Map(4 * AProcess.Mebibyte, MapFlags.Read | MapFlags.Anonymous));   // just behind, and aligned
        var child = process.Fork(out _)!;
        Assert.Equal(first + (2 * (long)Page), child.Map(Page, MapFlags.Write | MapFlags.Anonymous));
        Audit.Check(machine);
    }

    [Fact]
    public void One_process_more_moves_no_other()
    {
        using var alone = AMachine.Booted(256);
        using var beside = AMachine.Booted(256);
        var first = AProcess.On(alone);
        var second = AProcess.On(alone);
        var other = beside.Spawn(new ScriptedProgram([Script.Map(8), Script.Write(0, 0, 8)]))!;
        var firstToo = AProcess.On(beside);
        beside.Spawn(new ScriptedProgram([]));
        var secondToo = AProcess.On(beside);
        Assert.NotEqual(first.Task.Pid, firstToo.Task.Pid);
        Assert.Equal(PlacesOf(first), PlacesOf(firstToo));
        Assert.Equal(PlacesOf(second), PlacesOf(secondToo));
        Assert.NotEqual(PlacesOf(first), PlacesOf(second));
        Assert.NotEqual(beside.Memory[other.MemoryId].MmapBase, firstToo.Memory.MmapBase);

        using var elsewhere = AMachine.Booted(256, seed: 2);
        Assert.NotEqual(PlacesOf(first), PlacesOf(AProcess.On(elsewhere)));
    }

    [Fact]
    public void A_child_lies_as_its_parent_does_until_it_becomes_another_program()
    {
        using var machine = AMachine.Booted(256);
        var parent = AProcess.On(machine);
        var places = PlacesOf(parent);
        var child = parent.Fork(out _)!;
        Assert.Equal(places, PlacesOf(child));
        var next = new AskedProgram(AProcess.EmptyImage);
        child.Become(next, "/bin/another");
        Assert.NotEqual(places, PlacesOf(child));

        var again = PlacesOf(child);
        child.Become(new AskedProgram(AProcess.EmptyImage), "/bin/another");
        Assert.NotEqual(again, PlacesOf(child));
        Assert.Equal(places, PlacesOf(parent));
        Audit.Check(machine);
    }

    [Fact]
    public void A_copy_of_the_machine_draws_what_the_original_draws()
    {
        using var machine = AMachine.Booted(256);
        AProcess.On(machine);
        using var copy = machine.Clone();
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
        Assert.Equal(PlacesOf(AProcess.On(machine)), PlacesOf(AProcess.On(copy)));
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
        Assert.True(copy.KernelSettings.TryWriteRandomizeVaSpace("1"u8));
        Assert.NotEqual(machine.ComputeStateHash(), copy.ComputeStateHash());
        Assert.Equal(2, machine.KernelSettings.RandomizeVaSpace);
    }

    private static (ulong, ulong, ulong, ulong) PlacesOf(AProcess process) =>
        (process.Memory.MmapBase, process.Memory.StartStack, process.Memory.StartCode, process.Memory.StartBrk);

    private sealed class Spread
    {
        public ulong Least { get; private set; } = ulong.MaxValue;

        public ulong Most { get; private set; }

        public void Note(ulong value) => (Least, Most) = (Math.Min(Least, value), Math.Max(Most, value));

        /// <summary>All lay in the range, and hardly any of it is left at either end.</summary>
        public void AssertFills(ulong low, ulong high)
        {
            Assert.InRange(Least, low, low + ((high - low) / 200));
            Assert.InRange(Most, high - ((high - low) / 200), high);
        }
    }
}
