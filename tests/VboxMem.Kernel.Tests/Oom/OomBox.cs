using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;
using VboxMem.Testing;

namespace VboxMem.Kernel.Tests.Oom;

/// <summary>A small machine without swap whose programs take more memory than there is.</summary>
internal sealed class OomBox : IDisposable
{
    public OomBox(int ramMebibytes = 96, int cpus = 2, DiskConfiguration? disk = null)
        : this(disk is null
            ? AMachine.Of(ramMebibytes, cpus)
            : AMachine.Of(ramMebibytes, cpus) with { Disks = [disk], Mounts = [new MountConfiguration("/mnt", 0)] })
    {
    }

    public OomBox(MachineConfiguration configuration) =>
        Machine = Machine.Boot(configuration with { VmSettings = [new("overcommit_memory", "1")] });

    public Machine Machine { get; }

    public ulong Kills => Machine.Events[VmEvent.OomKill];

    /// <summary>Lines of the log since boot that say something about running out of memory.</summary>
    public List<string> Lines
    {
        get
        {
            var lines = new List<string>();
            foreach (var record in Machine.Log.RecordsFrom(0))
            {
                lines.AddRange(System.Text.Encoding.UTF8.GetString(record.Text).Split('\n'));
            }

            return lines;
        }
    }

    public IReadOnlyList<LoggedReport> Reports => LoggedReport.AllOf(Lines);

    /// <summary>The killed processes' pids, in order.</summary>
    public IEnumerable<int> Victims => Lines
        .Where(static line => line.Contains(": Killed process ", StringComparison.Ordinal))
        .Select(static line => int.Parse(line.Split("Killed process ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));

    public void Dispose() => Machine.Dispose();

    public void Set(string name, string value) =>
        Assert.Equal(SysctlResult.Done, Machine.Sysctls.Write(name, System.Text.Encoding.ASCII.GetBytes(value)));

    /// <summary>Takes so many pages and keeps them.</summary>
    public Process Hold(ulong pages, short adj = 0, uint uid = 1000)
    {
        var task = Machine.Spawn(new ScriptedProgram([Script.Map(pages), Script.Write(0, 0, pages)]), uid, oomScoreAdj: adj)!;
        RunUntil(() => task.Request.Kind == RequestKind.Pause);
        return task;
    }

    /// <summary>Takes more than there is.</summary>
    public Process Grab(short adj = 0, ulong pages = 1 << 20) =>
        Machine.Spawn(new ScriptedProgram([Script.Map(pages), Script.Write(0, 0, pages)]), uid: 1000, oomScoreAdj: adj)!;

    public void Run(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    public void RunUntil(Func<bool> isDone, int mostMilliseconds = 20_000)
    {
        for (var i = 0; i < mostMilliseconds && !isDone() && !Machine.HasPanicked; i++)
        {
            Run(1);
        }

        Assert.True(isDone(), "what was waited for did not happen");
    }

    public bool IsAlive(Process task) =>
        Machine.Processes.TryGet(task.Pid, out var found) && found == task && task.State != TaskState.Zombie;
}
