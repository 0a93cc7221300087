// Goal: the parent writes its memory, forks, and reaps all children; each child writes its part, holds it and ends.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Tests.BuildingBlocks;

public sealed class ForkChildrenTests
{
    private const ulong Mebibyte = Programs.Mebibyte;

    private static readonly ProgramParameters _parameters =
        new(SizeBytes: 200 * Mebibyte, PartBytes: 50 * Mebibyte, Count: 3, Hold: SimTime.FromSeconds(3));

    [Fact]
    public void The_parent_writes_forks_and_reaps_all()
    {
        var kernel = Programs.Script("fork", _parameters).Run();

        Assert.Equal(
            [RequestKind.Mmap, RequestKind.Touch, RequestKind.Fork, RequestKind.Fork, RequestKind.Fork,
                RequestKind.WaitChild, RequestKind.WaitChild, RequestKind.WaitChild, RequestKind.WaitChild, RequestKind.Exit],
            kernel.Kinds);
        Assert.Equal(0UL, kernel.Requests[^1].A);
        Assert.Equal(200 * Mebibyte, kernel.Requests[1].B);
    }

    [Fact]
    public void Each_child_writes_the_first_part_holds_it_and_ends()
    {
        var parent = Programs.Script("fork", _parameters).Run();

        Assert.Equal(3, parent.Children.Count);
        Assert.All(parent.Children, static child => Assert.Equal(
            [
                new Request(RequestKind.Touch, ScriptedKernel.FirstMapping, 50 * Mebibyte, (ulong)TouchKind.Write),
                new Request(RequestKind.Sleep, 3 * SimTime.NanosecondsPerSecond),
                new Request(RequestKind.Exit),
            ],
            new ScriptedKernel(child).Run().Requests));
    }

    [Fact]
    public void A_fork_that_fails_ends_the_parent_with_1()
    {
        var kernel = Programs.Script("fork", _parameters);
        kernel.Refusals[(RequestKind.Fork, 1)] = SystemCallError.NoMemory;
        Assert.Equal(new Request(RequestKind.Exit, 1), kernel.Run().Requests[^1]);
    }
}
