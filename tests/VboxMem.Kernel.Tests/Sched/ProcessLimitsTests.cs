// Goal: limits that prlimit sets are enforced, shown, inherited and copied.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.Virtual;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class ProcessLimitsTests : IDisposable
{
    private const ulong Mebibyte = AProcess.Mebibyte;

    private readonly Machine _machine = AMachine.Booted(256);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void The_address_space_grows_to_its_limit_and_no_further()
    {
        var process = AProcess.On(_machine);
        var used = process.Memory.TotalPages * AProcess.Page;
        Assert.True(process.Task.Group.Limits.TrySet(LimitKind.AddressSpace, used + (4 * Mebibyte), ProcessLimits.Unlimited));

        Assert.Equal(-(long)SystemCallError.NoMemory, process.Map(5 * Mebibyte));
        var start = process.Map(3 * Mebibyte);
        Assert.True(start > 0);
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Map(2 * Mebibyte));
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Ask(new Request(RequestKind.Mremap, (ulong)start, 3 * Mebibyte, 5 * Mebibyte)));
        var brk = process.Ask(new Request(RequestKind.Brk));
        Assert.Equal(brk, process.Ask(new Request(RequestKind.Brk, (ulong)brk + (2 * Mebibyte))));
        Assert.Equal(0, process.Ask(new Request(RequestKind.Munmap, (ulong)start, 3 * Mebibyte)));
        Assert.True(process.Map(4 * Mebibyte) > 0);
        Audit.Check(_machine);
    }

    [Fact]
    public void Locked_memory_is_limited_per_process()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(4 * Mebibyte);
        Assert.True(process.Task.Group.Limits.TrySet(LimitKind.LockedMemory, Mebibyte, Mebibyte));
        Assert.Equal(-(long)SystemCallError.NoMemory, process.Lock(start, 2 * Mebibyte));
        Assert.Equal(0, process.Lock(start, Mebibyte));
        Audit.Check(_machine);
    }

    [Fact]
    public void A_soft_limit_is_not_above_its_hard_one()
    {
        var limits = ProcessLimits.Usual;
        Assert.False(limits.TrySet(LimitKind.Stack, 5, 4));
        Assert.Equal(ProcessLimits.Usual[LimitKind.Stack], limits[LimitKind.Stack]);
        Assert.True(limits.TrySet(LimitKind.Stack, 4, 4));
        Assert.Equal((4UL, 4UL), limits[LimitKind.Stack]);
    }

    [Fact]
    public void Limits_are_state()
    {
        var process = AProcess.On(_machine);
        var before = _machine.ComputeStateHash();
        process.Task.Group.Limits.TrySet(LimitKind.AddressSpace, Mebibyte, Mebibyte);
        Assert.NotEqual(before, _machine.ComputeStateHash());
        using var copy = _machine.Clone();
        Assert.Equal(_machine.ComputeStateHash(), copy.ComputeStateHash());
        Assert.Equal((Mebibyte, Mebibyte), copy.Processes[process.Task.Pid].Group.Limits[LimitKind.AddressSpace]);
        Assert.Contains(ResourceLimits.Of(_machine, process.Task), static limit => limit is { Name: "Max address space", Soft: Mebibyte, Hard: Mebibyte });
    }
}
