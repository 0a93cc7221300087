// Goal: a signal sent through the tree is answered as Linux answers root.

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads;

namespace VboxMem.Procfs.Tests;

public sealed class SignalsTests : IDisposable
{
    private readonly Box _box = Box.WithDisks();
    private readonly Process _sleeper;

    public SignalsTests()
    {
        var group = new GroupConfiguration("sleeper", "sleep", 1, 1000, 0, 0, default(SimTime), new ProgramParameters());
        var program = ProgramCatalog.Create(new ProgramSetting(group, 0, 0, Workloads.Scenarios.Scenario.Build(1)));
        _sleeper = _box.Machine.Spawn(program)!;
        _box.Machine.RunUntil(SimTime.FromSeconds(5));
    }

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData(-1, Errno.EINVAL)]
    [InlineData(65, Errno.EINVAL)]
    [InlineData(0, Errno.None)]
    [InlineData(17, Errno.None)]    // SIGCHLD, SIGCONT, SIGURG, SIGWINCH: nothing happens
    [InlineData(18, Errno.None)]
    [InlineData(23, Errno.None)]
    [InlineData(28, Errno.None)]
    [InlineData(19, Errno.ENOTSUP)]
    [InlineData(20, Errno.ENOTSUP)]
    public void What_does_not_end_a_process_leaves_it_alone(int signal, Errno answer)
    {
        Assert.Equal(answer, _box.Tree.TrySignal(_sleeper.Pid, signal));
        _box.Machine.RunUntil(SimTime.FromSeconds(6));
        Assert.True(_box.Machine.Processes.TryGet(_sleeper.Pid, out var task) && task == _sleeper);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(31)]
    [InlineData(34)]
    [InlineData(64)]
    public void What_ends_a_process_ends_it(int signal)
    {
        Assert.Equal(Errno.None, _box.Tree.TrySignal(_sleeper.Pid, signal));
        _box.Machine.RunUntil(SimTime.FromSeconds(6));
        Assert.False(_box.Machine.Processes.TryGet(_sleeper.Pid, out _));
        Assert.Equal(128 + signal, _sleeper.Group.ExitCode);
        Assert.Equal(Errno.ESRCH, _box.Tree.TrySignal(_sleeper.Pid, 0));
    }

    [Fact]
    public void Init_and_kernel_threads_take_no_notice()
    {
        foreach (var task in _box.Machine.Processes.Tasks.Where(task => task != _sleeper).ToArray())
        {
            Assert.Equal(Errno.None, _box.Tree.TrySignal(task.Pid, 9));
        }

        var count = _box.Machine.Processes.Count;
        _box.Machine.RunUntil(SimTime.FromSeconds(6));
        Assert.Equal(count, _box.Machine.Processes.Count);
    }

    [Fact]
    public void Groups_and_everybody_are_meant_by_pids_below_zero()
    {
        Assert.Equal(Errno.ESRCH, _box.Tree.TrySignal(0, 15));
        Assert.Equal(Errno.ESRCH, _box.Tree.TrySignal(-_sleeper.Pid - 1, 15));
        Assert.Equal(Errno.ESRCH, _box.Tree.TrySignal(int.MinValue, 15));
        Assert.Equal(Errno.None, _box.Tree.TrySignal(-_sleeper.Pid, 0));
        Assert.Equal(Errno.None, _box.Tree.TrySignal(-1, 15));
        _box.Machine.RunUntil(SimTime.FromSeconds(6));
        Assert.False(_box.Machine.Processes.TryGet(_sleeper.Pid, out _));
        Assert.True(_box.Machine.Processes.TryGet(1, out _));
    }

    [Fact]
    public void A_directory_and_the_host_refuse()
    {
        Assert.Equal(Errno.EROFS, new DirectoryTree("/").TrySignal(1, 0));
        Assert.Equal(Errno.EROFS, new DirectoryTree(Path.GetTempPath()).TrySignal(999_999, 9));
    }
}
