// Goal: a zone that was compacted in vain is spared for 1, 3, 7 … 63 requests, smaller orders than failed and success left out.

using VboxMem.Kernel.Compaction;

namespace VboxMem.Kernel.Tests.Compaction;

public sealed class CompactionDeferralTests
{
    [Fact]
    public void Each_failure_doubles_the_wait_up_to_64_requests()
    {
        var deferral = default(CompactionDeferral);
        var waits = new List<int>();
        for (var failure = 0; failure < 8; failure++)
        {
            deferral.Extend(9);
            var deferred = 0;
            while (deferral.Defers(9))
            {
                deferred++;
            }

            waits.Add(deferred);
        }

        Assert.Equal([1, 3, 7, 15, 31, 63, 63, 63], waits);
        Assert.True(deferral.IsRestarting(9));
    }

    [Fact]
    public void A_success_ends_it_and_lets_smaller_orders_through_for_ever()
    {
        var deferral = default(CompactionDeferral);
        deferral.Extend(9);
        deferral.Reset(4, isServed: true);
        Assert.False(deferral.Defers(9));
        deferral.Extend(9);
        Assert.False(deferral.Defers(4));
        Assert.True(deferral.Defers(9));
        deferral.Extend(3);
        Assert.True(deferral.Defers(4));
    }
}
