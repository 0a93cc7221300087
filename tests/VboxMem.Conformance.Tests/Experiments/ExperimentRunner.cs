// Runs an experiment on a simulated box and takes what the script of the captured one took: /proc at the moments of the plan, vmstat
// once a second, the kernel log, and the answers of `overcommit`.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session;
using VboxMem.Testing;
using VboxMem.Testing.Experiments;

namespace VboxMem.Conformance.Tests.Experiments;

internal sealed class ExperimentRunner
{
    private const ulong LongestSeconds = 600;
    private const uint ForkedWithoutExec = 0x40;

    private static readonly string[] _files = ["meminfo", "vmstat", "zoneinfo", "slabinfo", "swaps"];
    private static readonly SimTime _step = SimTime.FromMilliseconds(10);

    private readonly Box _box;
    private readonly SimTime _booted;
    private readonly SimTime _start;
    private readonly List<PlannedMoment> _plan;
    private readonly Dictionary<string, SimTime> _ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProcTexts> _moments = new(StringComparer.Ordinal);
    private readonly List<TimedText> _samples = [];
    private readonly OvercommitWatch _answers;

    private ExperimentRunner(string experiment, Box box)
    {
        _box = box;
        _booted = box.Machine.Now;
        _start = _booted.Plus(MomentPlan.Start);
        _plan = [.. MomentPlan.Load(experiment)];
        _answers = new OvercommitWatch(box);
    }

    /// <summary>The profile of an experiment.</summary>
    public static string ProfileOf(string experiment) => Path.Combine(SourceTree.Root, "profiles", "experiments", experiment + ".json");

    /// <summary>Runs the experiment of that name.</summary>
    /// <exception cref="InvalidOperationException">The profile is wrong, something in it was refused, or a moment never came.</exception>
    public static ExperimentTexts Run(string experiment)
    {
        var result = ProfileLoader.Load(ProfileOf(experiment), [], new Dictionary<string, string>());
        if (result.Profile is not { } profile) throw new InvalidOperationException(string.Join('\n', result.Errors));

        using var box = Box.Boot(profile);
        return new ExperimentRunner(experiment, box).Run();
    }

    private ExperimentTexts Run()
    {
        var limit = _box.Machine.Now.Plus(SimTime.FromSeconds(LongestSeconds));
        while (_plan.Count > 0)
        {
            if (_box.Machine.Now > limit) throw new InvalidOperationException($"moment {_plan[0].Name} never came");

            var steps = (_box.Machine.Now.Nanoseconds - _booted.Nanoseconds) / _step.Nanoseconds;
            var grid = _booted.Nanoseconds + ((steps + 1) * _step.Nanoseconds);
            if (!_box.RunFor(new SimTime(Math.Min(grid, NextMoment()) - _box.Machine.Now.Nanoseconds))) break;

            TakeWhatIsDue();
        }

        if (_box.Workload.Refusals.Count > 0) throw new InvalidOperationException(string.Join('\n', _box.Workload.Refusals));
        return new ExperimentTexts { Moments = _moments, VmstatSamples = _samples, KernelLog = Log(), Output = _answers.Output };
    }

    private ulong NextMoment() => _plan.Select(DueOf).Where(due => due > _box.Machine.Now.Nanoseconds).DefaultIfEmpty(ulong.MaxValue).Min();

    private void TakeWhatIsDue()
    {
        var now = _box.Machine.Now;
        _answers.Look();
        foreach (var group in _plan.Select(static moment => moment.After))
        {
            if (group.Length > 0 && _box.Workload.Groups.HasEnded(group)) _ended.TryAdd(group, now);
        }

        for (var index = 0; index < _plan.Count;)
        {
            if (DueOf(_plan[index]) > now.Nanoseconds)
            {
                index++;
                continue;
            }

            _moments.Add(_plan[index].Name, new ProcTexts(_files.ToDictionary(static file => file, file => Read("/proc/" + file)), Processes()));
            _plan.RemoveAt(index);
        }

        var sinceStart = (long)now.Nanoseconds - (long)_start.Nanoseconds;
        if (sinceStart >= 0 && (ulong)sinceStart / SimTime.NanosecondsPerSecond >= (ulong)_samples.Count)
        {
            _samples.Add(new TimedText(TimeSpan.FromMicroseconds(sinceStart / 1000), Read("/proc/vmstat")));
        }
    }

    private ulong DueOf(PlannedMoment moment)
    {
        if (moment.After.Length == 0) return _start.Plus(moment.Offset).Nanoseconds;
        return _ended.TryGetValue(moment.After, out var end) ? end.Plus(moment.Offset).Nanoseconds : ulong.MaxValue;
    }

    /// <summary>All that have an address space. A forked child that has not called exec is called by its rank, as the captured ones call themselves.</summary>
    private List<ProcessTexts> Processes()
    {
        var processes = new List<ProcessTexts>();
        var children = 0;
        Assert.Equal(Errno.None, _box.Tree.TryList("/proc", out var names));
        foreach (var name in names.Where(static name => char.IsAsciiDigit(name[0])))
        {
            if (_box.Tree.TryRead($"/proc/{name}/smaps_rollup", out var rollup) != Errno.None) continue;

            var files = new Dictionary<string, string> { ["status"] = Read($"/proc/{name}/status"), ["smaps_rollup"] = Encoding.UTF8.GetString(rollup.Span) };
            var isForked = (uint.Parse(Read($"/proc/{name}/stat").Split(' ')[8], CultureInfo.InvariantCulture) & ForkedWithoutExec) != 0;
            var comm = isForked ? $"child{children++}" : Read($"/proc/{name}/comm").TrimEnd('\n');
            processes.Add(new ProcessTexts(comm, int.Parse(name, CultureInfo.InvariantCulture), files));
        }

        return processes;
    }

    private string Read(string path)
    {
        var error = _box.Tree.TryRead(path, out var content);
        return error == Errno.None ? Encoding.UTF8.GetString(content.Span) : throw new InvalidOperationException($"{path}: {error.Describe()}");
    }

    private string Log()
    {
        var text = new StringBuilder();
        foreach (var record in _box.Machine.Log.RecordsFrom(0))
        {
            var microseconds = record.Nanoseconds / 1000;
            text.Append(CultureInfo.InvariantCulture, $"[{microseconds / 1_000_000,5}.{microseconds % 1_000_000:000000}] {Encoding.UTF8.GetString(record.Text)}\n");
        }

        return text.ToString();
    }
}
