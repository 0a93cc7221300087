// What the programs of the experiment `overcommit` are given: their groups say what they ask for, their memory what they got.
//
// A program that is refused all it asks for has exited when it is looked at; one that is not holds it. Writes to overcommit_* begin a
// new setting. Looked at every 10 ms; the profile starts a program every 20 ms, which then holds for 10 ms and more.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Session;
using VboxMem.Workloads;

namespace VboxMem.Conformance.Tests.Experiments;

internal sealed class OvercommitWatch
{
    private const string Settings = "/proc/sys/vm/overcommit_";
    private const string Held = "cumulative";
    private const ulong Mebibyte = 1 << 20;

    private readonly Box _box;
    private readonly Queue<(ulong Due, TimelineEvent Event)> _due;
    private readonly StringBuilder _output = new();
    private string _setting = "";

    public OvercommitWatch(Box box)
    {
        _box = box;
        var booted = box.Machine.Now;
        _due = new(box.Profile.Workload.Timeline
            .Where(static what => what.Target.StartsWith(Settings, StringComparison.Ordinal) || what.Action == TimelineAction.Start)
            .Select(what => (booted.Plus(what.At).Plus(DelayOf(what)).Nanoseconds, what)));
    }

    /// <summary>What the captured program would have printed by now; empty where the profile asks for nothing.</summary>
    public string Output => _output.ToString();

    /// <summary>Notes the answers that are there by now.</summary>
    public void Look()
    {
        while (_due.Count > 0 && _due.Peek().Due <= _box.Machine.Now.Nanoseconds)
        {
            var what = _due.Dequeue().Event;
            if (what.Action == TimelineAction.Write)
            {
                _setting += $" {what.Target["/proc/sys/vm/".Length..]}={what.Text}";
                continue;
            }

            BeginSetting();
            var group = _box.Profile.Workload.Groups.First(candidate => candidate.Name == what.Target);
            var bytes = BytesOf(group.Name);
            if (group.Name == Held) _output.Append(CultureInfo.InvariantCulture, $"cumulative 64 MiB mmaps reached: {bytes / (64 * Mebibyte) * 64} MiB\n");
            else _output.Append(CultureInfo.InvariantCulture, $"malloc {group.Parameters.SizeBytes / Mebibyte} MiB: {(bytes >= group.Parameters.SizeBytes ? "ok" : "refused")}\n");
        }
    }

    private static SimTime DelayOf(TimelineEvent what) => SimTime.FromMilliseconds(
        what.Action == TimelineAction.Write ? 0UL : what.Target == Held ? 35UL : 9UL);

    private void BeginSetting()
    {
        if (_setting.Length == 0) return;

        _output.Append("---").Append(_setting).Append('\n');
        _setting = "";
        Assert.Equal(Errno.None, _box.Tree.TryRead("/proc/meminfo", out var meminfo));
        _output.Append(Encoding.UTF8.GetString(meminfo.Span).Split('\n').Single(static line => line.StartsWith("CommitLimit:", StringComparison.Ordinal))).Append('\n');
    }

    private ulong BytesOf(string group)
    {
        foreach (var pid in _box.Workload.Groups.MembersOf(group))
        {
            if (_box.Machine.Processes.TryGet(pid, out var task) && task.MemoryId != 0) return _box.Machine.Memory[task.MemoryId].TotalPages * 4096;
        }

        return 0;
    }
}
