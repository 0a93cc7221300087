using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Sched;

public sealed class LoadAverageTests
{
    // Check values of the facts (virtual memory and tools, 6.6), each as shown by the 1-minute field.
    [Theory]
    [InlineData(1, new[] { 1, 2, 3, 6, 12, 24, 60 }, new[] { 8, 15, 22, 39, 63, 87, 100 })]
    [InlineData(2, new[] { 1, 2, 3, 6, 12, 24, 60 }, new[] { 16, 31, 44, 79, 127, 173, 199 })]
    public void Busy_tasks_raise_the_average_step_by_step(int tasks, int[] samples, int[] hundredths)
    {
        var load = default(LoadAverage);
        var taken = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            for (; taken < samples[i]; taken++)
            {
                load.Sample(tasks);
            }

            Assert.Equal((uint)hundredths[i], load.Hundredths.One);
        }
    }

    [Fact]
    public void Longer_averages_follow_later()
    {
        var load = default(LoadAverage);
        for (var i = 0; i < 60; i++)
        {
            load.Sample(1);
        }

        Assert.Equal((64u, 29u), (load.Hundredths.Five, load.Hundredths.Fifteen));
    }
}
