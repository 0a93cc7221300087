// Goal: locking counts, limits, faults in and releases as Linux does.
// Method: one unprivileged process (RLIMIT_MEMLOCK 8 MiB) and one of root; errors by the facts' table.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class MlockTests : IDisposable
{
    private const ulong Page = AProcess.Page;
    private const ulong Mebibyte = AProcess.Mebibyte;

    private readonly Machine _machine = AMachine.Booted(256);

    public MlockTests() => _machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8);

    public void Dispose() => _machine.Dispose();

    private ulong LockedPages => (ulong)_machine.Nodes[0].Zones.ToArray().Sum(zone => zone.IsPopulated ? zone.Stats.ReadExact((int)ZoneStatItem.Mlock) : 0);

    [Fact]
    public void Locking_faults_all_pages_in_and_unlocking_keeps_them()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(4 * Mebibyte);
        var faults = process.Task.MinorFaults;
        Assert.Equal(0, process.Lock(start, 4 * Mebibyte));
        Assert.Equal(1024UL, process.Task.MinorFaults - faults);
        Assert.Equal(1024UL, process.Memory.LockedPages);
        Assert.Equal(1024UL, process.Memory.RssAnonPages);
        Assert.Equal(1024UL, LockedPages);
        Audit.Check(_machine);

        Assert.Equal(0, process.Ask(new Request(RequestKind.Munlock, start + Mebibyte, Mebibyte)));
        Assert.Equal(768UL, process.Memory.LockedPages);
        Assert.Equal(1024UL, process.Memory.RssAnonPages);
        Assert.Equal(768UL, LockedPages);
        Audit.Check(_machine);

        process.Exit();
        Assert.Equal(0UL, LockedPages);
        Audit.Check(_machine);
    }

    [Fact]
    public void Pages_that_are_there_are_locked_without_a_fault()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(64 * Page);
        process.Touch(start, 64 * Page);
        var faults = process.Task.MinorFaults;
        Assert.Equal(0, process.Lock(start, 64 * Page));
        Assert.Equal(faults, process.Task.MinorFaults);
        Assert.Equal(64UL, LockedPages);
        Assert.Equal(-(long)SystemCallError.Invalid, process.Advise(start, Page, Advice.DontNeed));
        Audit.Check(_machine);
    }

    [Fact]
    public void The_limit_holds_for_users_and_counts_pages_locked_already_once()
    {
        var user = AProcess.On(_machine);
        var start = (ulong)user.Map(16 * Mebibyte);
        Assert.Equal(-(long)SystemCallError.NoMemory, user.Lock(start, (8 * Mebibyte) + 1));
        Assert.Equal(0, user.Lock(start, 8 * Mebibyte));
        Assert.Equal(0, user.Lock(start + Mebibyte, 4 * Mebibyte));
        Assert.Equal(-(long)SystemCallError.NoMemory, user.Lock(start + (8 * Mebibyte), 1));
        Assert.Equal(-(long)SystemCallError.Again, user.Map(Page, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Locked));
        Assert.Equal(-(long)SystemCallError.NoMemory, user.Ask(new Request(RequestKind.Mlockall, 1)));

        var root = AProcess.On(_machine, uid: 0);
        Assert.Equal(0, root.Lock((ulong)root.Map(16 * Mebibyte), 16 * Mebibyte));
        Audit.Check(_machine);
    }

    [Fact]
    public void With_a_limit_of_nothing_only_root_may_lock_at_all()
    {
        var user = AProcess.On(_machine);
        var start = (ulong)user.Map(Page);
        Assert.True(user.Task.Group.Limits.TrySet(LimitKind.LockedMemory, 0, 0));
        Assert.Equal(-(long)SystemCallError.NotPermitted, user.Lock(start, Page));
        Assert.Equal(-(long)SystemCallError.NotPermitted, user.Lock(start, 0));
        Assert.Equal(-(long)SystemCallError.NotPermitted, user.Ask(new Request(RequestKind.Mlockall, 2)));
        Assert.Equal(-(long)SystemCallError.NotPermitted, user.Map(Page, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Locked));
        Assert.Equal(0, user.Ask(new Request(RequestKind.Munlock, start, Page)));

        var root = AProcess.On(_machine, uid: 0);
        Assert.True(root.Task.Group.Limits.TrySet(LimitKind.LockedMemory, 0, 0));
        Assert.Equal(0, root.Lock((ulong)root.Map(Page), Page));
        Audit.Check(_machine);
    }

    [Theory]
    [InlineData(1000u, false)]
    [InlineData(0u, true)]
    public void A_locked_stack_grows_beyond_the_limit_for_root_alone(uint uid, bool grows)
    {
        var process = AProcess.On(_machine, uid);
        var stack = process.Memory.AreaList.First(static area => area.Has(VmaFlags.GrowsDown));
        Assert.Equal(0, process.Ask(new Request(RequestKind.Mlockall, 1)));
        Assert.True(process.Task.Group.Limits.TrySet(LimitKind.LockedMemory, 40 * Page, 40 * Page));
        Assert.Equal(0, process.Touch((stack.StartPage - 7) * Page, Page));
        process.Touch((stack.StartPage - 1) * Page, Page);

        Assert.Equal(grows, process.IsAlive);
        Audit.Check(_machine);
    }

    [Fact]
    public void What_is_not_mapped_or_not_accessible_cannot_be_locked()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        process.Unmap(start + (4 * Page), Page);
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Lock(start, 8 * Page));
        Assert.Equal(4UL, process.Memory.LockedPages);   // what came before the hole is marked
        var none = (ulong)process.Map(Page, MapFlags.Anonymous);
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Lock(none, Page));
        Assert.Equal(0, process.Lock(start, 0));
        Audit.Check(_machine);
    }

    [Fact]
    public void Mlockall_takes_what_is_there_and_what_comes()
    {
        var process = AProcess.On(_machine, uid: 0);
        var start = (ulong)process.Map(100 * Page);
        Assert.Equal(-(long)SystemCallError.Invalid, process.Ask(new Request(RequestKind.Mlockall, 0)));
        Assert.Equal(-(long)SystemCallError.Invalid, process.Ask(new Request(RequestKind.Mlockall, 4)));
        Assert.Equal(0, process.Ask(new Request(RequestKind.Mlockall, 3)));
        Assert.Equal(133UL, process.Memory.LockedPages);   // and the stack; vvar and vdso never
        Assert.Equal(133UL, process.Memory.RssAnonPages);
        process.Map(10 * Page);
        Assert.Equal(143UL, process.Memory.LockedPages);
        Assert.Equal(143UL, process.Memory.RssAnonPages);
        Audit.Check(_machine);

        Assert.Equal(0, process.Ask(new Request(RequestKind.Munlockall)));
        Assert.Equal(0UL, process.Memory.LockedPages);
        process.Map(10 * Page);
        Assert.Equal(143UL, process.Memory.RssAnonPages);
        Assert.Equal(0UL, LockedPages);
        Assert.Equal(0, process.Unmap(start, 100 * Page));
        Audit.Check(_machine);
    }

    [Fact]
    public void Lock_on_fault_waits_for_the_fault()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(8 * Page);
        process.Touch(start, Page);
        Assert.Equal(0, process.Ask(new Request(RequestKind.Mlock, start, 8 * Page, 1)));
        Assert.Equal(1UL, process.Memory.RssAnonPages);
        Assert.Equal(8UL, process.Memory.LockedPages);
        process.Touch(start, 2 * Page);
        Assert.Equal(2UL, LockedPages);
        Audit.Check(_machine);
    }
}
