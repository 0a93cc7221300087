// Goal: promises of memory are counted, refused and logged as Linux does in each overcommit mode.
// Method: the facts' worked example of 8 GiB on a box of 4 GiB, and the sums after each kind of call.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class CommitTests
{
    private const ulong Page = AProcess.Page;
    private const ulong Mebibyte = AProcess.Mebibyte;
    private const ulong Gibibyte = 1UL << 30;
    private const long NoMemory = -(long)SystemCallError.NoMemory;
    private const MapFlags Private = MapFlags.ReadWrite | MapFlags.Anonymous;

    [Theory]
    [InlineData("0", MapFlags.None, false)]
    [InlineData("0", MapFlags.NoReserve, true)]
    [InlineData("1", MapFlags.None, true)]
    [InlineData("2", MapFlags.None, false)]
    [InlineData("2", MapFlags.NoReserve, false)]
    public void Eight_gibibytes_at_once_on_a_box_of_four(string mode, MapFlags flags, bool isGranted)
    {
        using var machine = AMachine.Booted(4096);
        machine.Sysctls.Write("overcommit_memory", System.Text.Encoding.ASCII.GetBytes(mode));
        var process = AProcess.On(machine);
        var before = machine.Memory.CommittedPages;
        var answer = process.Map(8 * Gibibyte, Private | flags);
        Assert.Equal(isGranted, answer > 0);
        Assert.Equal(isGranted ? 0 : NoMemory, Math.Min(answer, 0));
        var isCounted = isGranted && flags != MapFlags.NoReserve;
        Assert.Equal(before + (isCounted ? 2_097_152 : 0), machine.Memory.CommittedPages);
        Audit.Check(machine);
    }

    [Fact]
    public void Many_small_promises_may_exceed_what_one_may_not_and_the_largest_is_all_of_memory()
    {
        using var machine = AMachine.Booted(512);
        var process = AProcess.On(machine);
        var total = (ulong)Kernel.Accounting.MemoryInfo.Of(machine).TotalPages;
        for (var i = 0; i < 4; i++)
        {
            Assert.True(process.Map(256 * Mebibyte) > 0);
        }

        Assert.Equal(NoMemory, process.Map((total + 1) * Page));
        Assert.True(process.Map(total * Page) > 0);
        Audit.Check(machine);
    }

    [Fact]
    public void A_refusal_is_logged_ten_times_in_five_seconds()
    {
        using var machine = AMachine.Booted(128);
        var process = AProcess.On(machine);
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(NoMemory, process.Map(Gibibyte));
        }

        var lines = new List<string>();
        foreach (var record in machine.Log.RecordsFrom(0))
        {
            var text = System.Text.Encoding.UTF8.GetString(record.Text);
            if (text.StartsWith("__vm_enough_memory", StringComparison.Ordinal))
            {
                lines.Add(text);
            }
        }

        Assert.Equal(10, lines.Count);
        Assert.Equal(
            $"__vm_enough_memory: pid: {process.Task.Pid}, comm: asked, bytes: 1073741824 not enough memory for the allocation", lines[0]);
    }

    [Fact]
    public void Each_kind_of_area_is_charged_as_the_kernel_charges_it()
    {
        using var machine = AMachine.Booted(256);
        var process = AProcess.On(machine);
        long Charged(Func<long> call)
        {
            var before = machine.Memory.CommittedPages;
            call();
            Audit.Check(machine);
            return machine.Memory.CommittedPages - before;
        }

        Assert.Equal(33, machine.Memory.CommittedPages);   // the stack of the one process
        var readOnly = 0UL;
        Assert.Equal(16, Charged(() => process.Map(16 * Page)));
        Assert.Equal(0, Charged(() => (long)(readOnly = (ulong)process.Map(16 * Page, MapFlags.Read | MapFlags.Anonymous))));
        Assert.Equal(0, Charged(() => process.Map(16 * Page, Private | MapFlags.NoReserve)));
        Assert.Equal(0, Charged(() => process.Map(16 * Page, MapFlags.Anonymous)));

        // Writable once, a private area stays promised if it may have pages of its own, and not otherwise.
        Assert.Equal(16, Charged(() => process.Protect(readOnly, 16 * Page, MapFlags.ReadWrite)));
        Assert.Equal(-16, Charged(() => process.Protect(readOnly, 16 * Page, MapFlags.Read)));
        process.Protect(readOnly, 16 * Page, MapFlags.ReadWrite);
        process.Touch(readOnly, Page);
        Assert.Equal(0, Charged(() => process.Protect(readOnly, 16 * Page, MapFlags.Read)));
        Assert.Equal(-4, Charged(() => process.Unmap(readOnly, 4 * Page)));

        var heap = (ulong)process.Ask(new Request(RequestKind.Brk));
        Assert.Equal(3, Charged(() => process.Ask(new Request(RequestKind.Brk, heap + 10_000))));
        process.Exit();
        Assert.Equal(0, machine.Memory.CommittedPages);
        Audit.Check(machine);
    }

    [Fact]
    public void Shared_anonymous_memory_is_promised_whole_until_its_last_mapping_goes()
    {
        using var machine = AMachine.Booted(256);
        var process = AProcess.On(machine);
        var before = machine.Memory.CommittedPages;
        var start = (ulong)process.Map(64 * Page, Private | MapFlags.Shared);
        Assert.Equal(before + 64, machine.Memory.CommittedPages);
        process.Touch(start, 16 * Page);
        Assert.Equal(16UL, process.Memory.RssShmemPages);
        var child = process.Fork(out _)!;
        Assert.Equal(0UL, child.Memory.RssShmemPages);
        Assert.Equal((2 * before) + 64, machine.Memory.CommittedPages);
        child.Touch(start, 16 * Page);
        Assert.InRange(child.Memory.RssShmemPages, 16UL, 16UL);
        Audit.Check(machine);

        process.Unmap(start, 64 * Page);
        Assert.Equal((2 * before) + 64, machine.Memory.CommittedPages);
        Audit.Check(machine);
        child.Exit();
        Assert.Equal(before, machine.Memory.CommittedPages);
        Assert.Equal(0, machine.Nodes[0].Stats.ReadExact((int)Kernel.Accounting.NodeStatItem.Shmem));
        Audit.Check(machine);
    }

    [Fact]
    public void Strict_mode_keeps_back_for_root_and_for_the_user()
    {
        using var machine = AMachine.Booted(512);
        machine.Sysctls.Write("overcommit_memory", "2"u8);
        var user = AProcess.On(machine, uid: 1000);
        var limit = Kernel.Accounting.MemoryInfo.Of(machine).CommitLimitPages;
        var admin = (long)machine.Tunables.AdminReserveKilobytes / 4;
        var own = (long)Math.Min(user.Memory.TotalPages / 32, machine.Tunables.UserReserveKilobytes / 4);
        var largest = limit - admin - own - machine.Memory.CommittedPages - 1;
        Assert.Equal(NoMemory, user.Map((ulong)(largest + 1) * Page));
        Assert.True(user.Map((ulong)largest * Page) > 0);
        Assert.Equal(NoMemory, user.Map(Page));

        Assert.Equal(0, user.Unmap(user.Memory.Areas[0].StartPage * Page, 8192 * Page));
        var root = AProcess.On(machine, uid: 0);
        Assert.True(root.Map(8191 * Page) > 0);
        Assert.Equal(NoMemory, user.Map(Page));
    }
}
