// Goal: a program has the code in memory that it runs: after a fork, and whenever it has slept; and what comes meanwhile is not lost.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class CodeInUseTests
{
    private static readonly ProgramImage _image = Images.Nginx;
    private static readonly Request _poll = new(RequestKind.Poll, Request.NoDescriptor, 5);

    [Fact]
    public void It_begins_with_code_of_the_executable_and_of_the_C_library()
    {
        var code = default(CodeInUse);
        Assert.True(code.TryGoOn(ReplyOf(0), _image, out var first, out _));
        Assert.True(code.TryGoOn(ReplyOf(0), _image, out var second, out _));
        Assert.False(code.TryGoOn(ReplyOf(9), _image, out _, out var reply));

        Assert.Equal(TouchKind.Run, (TouchKind)first.C);
        Assert.Equal(TouchKind.RunLibrary, (TouchKind)second.C);
        Assert.InRange(first.B, 200UL << 10, _image.TextBytes);
        Assert.InRange(second.B, 200UL << 10, SharedLibraries.Libc.TextBytes);
        Assert.Equal(0, reply.Value);
    }

    [Fact]
    public void A_wait_comes_after_code_and_any_other_request_at_once()
    {
        var code = Begun();
        var open = new Request(RequestKind.Open, Path: "/etc/passwd");
        Assert.Equal(open, code.InFrontOf(open, _image));
        var run = code.InFrontOf(_poll, _image);
        Assert.Equal(TouchKind.Run, (TouchKind)run.C);
        Assert.True(code.TryGoOn(ReplyOf(0), _image, out run, out _));
        Assert.Equal(TouchKind.RunLibrary, (TouchKind)run.C);
        Assert.True(code.TryGoOn(ReplyOf(0), _image, out var wait, out _));
        Assert.Equal(_poll, wait);
        Assert.False(code.TryGoOn(ReplyOf(1), _image, out _, out var answer));
        Assert.Equal(1, answer.Value);   // of the wait itself
    }

    [Fact]
    public void A_signal_that_comes_with_the_code_interrupts_the_wait_behind_it()
    {
        var code = Begun();
        code.InFrontOf(_poll, _image);
        Assert.False(code.TryGoOn(ReplyOf(0, Signal.Child), _image, out _, out var reply));
        Assert.Equal((Signal.Child, 0L), (reply.Signal, reply.Value));
    }

    private static CodeInUse Begun()
    {
        var code = default(CodeInUse);
        while (code.TryGoOn(ReplyOf(0), _image, out _, out _))
        {
        }

        return code;
    }

    private static Reply ReplyOf(long value, Signal signal = Signal.None) => new(value, SimTime.FromSeconds(1), 7, signal);
}
