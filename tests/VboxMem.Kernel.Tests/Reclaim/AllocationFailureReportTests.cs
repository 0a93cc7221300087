using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Tests.Accounting;
using VboxMem.Kernel.Tests.Log;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class AllocationFailureReportTests
{
    private const long Second = 1_000_000_000;

    private readonly KernelLog _log = new();
    private RateLimit _limit = new(10, 1);

    [Fact]
    public void The_first_line_tells_the_request_and_where_it_was_bound_to()
    {
        Print(0, Facts(GfpFlags.Atomic) with { Order = 2, NodeMask = [0], AllowedNodes = [0, 1], Cpuset = "db" });

        Assert.Equal("net: page allocation failure: order:2, mode:0x820(GFP_ATOMIC), nodemask=0,cpuset=db,mems_allowed=0-1", _log.Texts()[0]);
    }

    [Fact]
    public void A_request_that_asks_for_silence_gets_it_and_uses_up_nothing()
    {
        Print(0, Facts(GfpFlags.Kernel | GfpFlags.NoWarn));
        Assert.Equal(0, _log.Count);

        Print(0, Facts(GfpFlags.Kernel));
        Assert.NotEqual(0, _log.Count);
    }

    [Fact]
    public void One_in_ten_seconds_is_reported_and_the_others_are_counted()
    {
        Print(0, Facts(GfpFlags.Kernel));
        var one = _log.Count;
        Print(3 * Second, Facts(GfpFlags.Kernel));
        Print(9 * Second, Facts(GfpFlags.Kernel));
        Assert.Equal(one, _log.Count);

        Print(11 * Second, Facts(GfpFlags.Kernel));

        Assert.Equal(2 * one + 1, _log.Count);
        Assert.Equal("warn_alloc: 2 callbacks suppressed", _log.Texts()[one]);
    }

    // A request that cannot wait is not bound to its cpuset's nodes, nor is a task that is dying.
    [Theory]
    [InlineData(GfpFlags.Kernel, false, false)]
    [InlineData(GfpFlags.Kernel, true, true)]
    [InlineData(GfpFlags.Kernel | GfpFlags.NoMemAlloc, true, false)]
    [InlineData(GfpFlags.Atomic, false, true)]
    public void Nodes_are_listed_that_the_request_could_use(GfpFlags gfp, bool ignoresNodes, bool listsBoth)
    {
        Print(0, Facts(gfp) with { AllowedNodes = [1], IgnoresNodes = ignoresNodes });

        Assert.Equal(listsBoth, _log.Texts().Any(static text => text.StartsWith("Node 0 ", StringComparison.Ordinal)));
        Assert.Contains(_log.Texts(), static text => text.StartsWith("Node 1 ", StringComparison.Ordinal));
    }

    private void Print(long nanoseconds, AllocationFailureFacts facts) =>
        AllocationFailureReport.Print(_log, new LogClock(nanoseconds), ref _limit, facts);

    private static AllocationFailureFacts Facts(GfpFlags gfp) => new()
    {
        Gfp = gfp,
        Order = 0,
        Task = new RunningTask(0, 0, 1, "net", null),
        Origin = AllocationOrigin.KernelObject,
        AllowedNodes = [0, 1],
        Memory = AMemoryReport.OfTwoNodes(),
    };
}
