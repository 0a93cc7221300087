// What events of the timeline do to the box, by the verbs that the console has too.
//
// What was refused or said is for the user and no part of the box's state.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session;

/// <summary>A message of the timeline to the user.</summary>
/// <param name="At">When.</param>
/// <param name="Text">What.</param>
public readonly record struct BoxMessage(SimTime At, string Text);

internal sealed class TimelineActions(BoxVerbs verbs)
{
    private const string DropCachesFile = "/proc/sys/vm/drop_caches";
    private const string AllCaches = "3";
    private const int KernelsChoice = -1;

    private readonly List<(SpawnedProcess Process, SwapCommand Program, TimelineEvent Event)> _running = [];

    private TimelineActions(TimelineActions other, BoxVerbs verbs)
        : this(verbs)
    {
        Refusals.AddRange(other.Refusals);
        Messages.AddRange(other.Messages);
        foreach (var (process, program, what) in other._running)
        {
            var copy = verbs.CopyOf(process);
            _running.Add((copy, (SwapCommand)copy.Program, what));
        }
    }

    public List<string> Refusals { get; } = [];

    public List<BoxMessage> Messages { get; } = [];

    /// <summary>The same on a copy of the box.</summary>
    /// <param name="copy">The verbs of the copy.</param>
    public TimelineActions Clone(BoxVerbs copy) => new(this, copy);

    public void CarryOut(TimelineEvent what)
    {
        switch (what.Action)
        {
            case TimelineAction.Start:
                NoteGroup(what, verbs.Groups.Start(what.Target));
                break;
            case TimelineAction.Stop:
                NoteGroup(what, verbs.Groups.Stop(what.Target));
                break;
            case TimelineAction.Signal:
                verbs.Groups.Signal(what.Target, what.Signal);
                break;
            case TimelineAction.Write:
                Write(what, what.Target, what.Text);
                break;
            case TimelineAction.DropCaches:
                Write(what, DropCachesFile, what.Text.Length > 0 ? what.Text : AllCaches);
                break;
            case TimelineAction.SwapOn or TimelineAction.SwapOff:
                Run(what);
                break;
            default:
                Messages.Add(new BoxMessage(verbs.Now, what.Text));
                break;
        }
    }

    /// <summary>Takes note of what the programs that were started have come to.</summary>
    public void NoteAnswers()
    {
        for (var index = 0; index < _running.Count;)
        {
            var (process, program, what) = _running[index];
            if (!program.IsAnswered && !verbs.IsGone(process))
            {
                index++;
                continue;
            }

            _running.RemoveAt(index);
            if (!program.IsAnswered)
            {
                Refusals.Add($"{Moment(what)}: {program.Name}: {program.Disk}: Killed");
            }

            Refusals.AddRange(program.Complaints(static error => ((Errno)(int)error).Describe()).Select(complaint => $"{Moment(what)}: {complaint}"));
        }
    }

    private static string Moment(TimelineEvent what) => what.When.Length > 0 ? $"timeline when {what.When}" : $"timeline at {what.At}";

    private void NoteGroup(TimelineEvent what, string? problem)
    {
        if (problem is not null)
        {
            Refusals.Add($"group {what.Target} at {verbs.Now}: {problem}");
        }
    }

    private void Write(TimelineEvent what, string path, string text)
    {
        var result = verbs.Write(path, Encoding.UTF8.GetBytes(text));
        if (result != Errno.None)
        {
            Refusals.Add($"{Moment(what)}: write '{text}' to {path}: {result.Describe()}");
        }
    }

    private void Run(TimelineEvent what)
    {
        var priority = what.Text.Length > 0 ? int.Parse(what.Text, CultureInfo.InvariantCulture) : KernelsChoice;
        var program = new SwapCommand(what.Action == TimelineAction.SwapOn, what.Target, priority);
        if (verbs.Spawn(program) is { } process)
        {
            _running.Add((process, program, what));
        }
        else
        {
            Refusals.Add($"{Moment(what)}: {program.Name}: {Errno.ENOMEM.Describe()}");
        }
    }
}
