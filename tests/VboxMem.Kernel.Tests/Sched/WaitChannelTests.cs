using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class WaitChannelTests
{
    [Fact]
    public void Every_kind_of_wait_has_a_function_to_sleep_in()
    {
        using var machine = AMachine.Booted();
        var task = AProcess.On(machine).Task;

        foreach (var kind in Enum.GetValues<WaitKind>().Where(static kind => kind != WaitKind.None))
        {
            task.Wait = new Wait(kind, 0);
            Assert.NotEqual(WaitChannel.None, WaitChannel.Of(task));
        }
    }

    [Theory]
    [InlineData(SleepDepth.Interruptible, "__do_sys_pause")]
    [InlineData(SleepDepth.Killable, "balance_dirty_pages")]
    [InlineData(SleepDepth.Uninterruptible, "__alloc_pages_slowpath.constprop.0")]
    public void A_timer_is_waited_for_where_its_depth_says(SleepDepth depth, string function)
    {
        using var machine = AMachine.Booted();
        var task = AProcess.On(machine).Task;

        task.Wait = new Wait(WaitKind.Timer, 0, depth);

        Assert.Equal(function, WaitChannel.Of(task));
    }
}
