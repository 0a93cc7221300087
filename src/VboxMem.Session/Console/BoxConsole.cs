// The console: a line of text comes in, output and an exit status come out; in between simulated time may pass.
//
// It knows no terminal. Who owns it hands it a line, two streams, and what lets time pass. On a tree that can only be read, everything
// that looks works, and everything that would change something is told "Read-only file system".
//
// A pipeline runs its first command, and what that writes goes through the others piece by piece; a reader that has enough ends it.
//
// Models   bash 5.2, whose built-in commands echo, kill and true are, and the words in which it says that something is wrong.
// Departs  commands take no simulated time but where they wait, as dd, sync, swapoff, sleep and vmstat 1 do. README.md has the rest.

using System.Text;
using VboxMem.Session.Console.Commands;
using VboxMem.Session.Console.Shell;
using VboxMem.Tools;
using VboxMem.Tools.Formatting;

namespace VboxMem.Session.Console;

/// <summary>A console. Its state is what it has running in the background, and the last status.</summary>
public sealed class BoxConsole
{
    /// <summary>The one file that everybody has.</summary>
    internal const string NullDevice = "/dev/null";

    /// <summary>What bash answers to what it does not understand.</summary>
    internal const int SyntaxStatus = 2;

    internal const int NotFoundStatus = 127;
    internal const int InterruptedStatus = 130;

    private readonly ConsoleHost _host;
    private readonly StoppableTicker? _ticker;
    private readonly List<BackgroundJob> _jobs = [];

    /// <param name="host">What it stands on.</param>
    public BoxConsole(ConsoleHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _ticker = host.Ticker is null ? null : new StoppableTicker(host.Ticker);
        _host = new ConsoleHost { Tree = host.Tree, Verbs = host.Verbs, Ticker = _ticker, Clock = host.Clock, Version = host.Version };
    }

    /// <summary>The exit status of the last command.</summary>
    public int LastStatus { get; private set; }

    /// <summary>Something runs in the background.</summary>
    public bool HasJobs => _jobs.Count > 0;

    /// <summary>The last command did not come to its end: time stopped passing, by an interruption or the end of the run.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>Does what a line says.</summary>
    /// <param name="line">The line, without a line end.</param>
    /// <param name="output">Where its output goes.</param>
    /// <param name="error">Where its messages go; may be the same.</param>
    /// <returns>The exit status of its last command.</returns>
    public int Run(string line, Stream output, Stream error)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        IsInterrupted = false;
        _ticker?.Rearm();
        PollJobs(error);
        ShellLine parsed;
        try
        {
            parsed = ShellParser.Parse(line);
        }
        catch (ShellSyntaxException wrong)
        {
            Say(error, $"bash: {wrong.Message}");
            return LastStatus = SyntaxStatus;
        }

        foreach (var pipeline in parsed.Pipelines)
        {
            if ((pipeline.Joint == Joint.OnSuccess && LastStatus != 0) || (pipeline.Joint == Joint.OnFailure && LastStatus == 0))
            {
                continue;
            }

            if (pipeline.IsBackground && CommandChecks.BackgroundProblemOf(pipeline) is { } problem)
            {
                Say(error, $"bash: {problem}");
                return LastStatus = SyntaxStatus;
            }

            LastStatus = RunPipeline(pipeline, output, error);
            if (_ticker is { HasStopped: true })
            {
                IsInterrupted = true;
                return LastStatus = InterruptedStatus;
            }
        }

        return LastStatus;
    }

    /// <summary>Says how what ran in the background has ended, if it has.</summary>
    public void PollJobs(Stream error)
    {
        for (var index = 0; index < _jobs.Count;)
        {
            if (!_jobs[index].Job.IsOver)
            {
                index++;
                continue;
            }

            var job = _jobs[index];
            _jobs.RemoveAt(index);
            job.Job.Finish(error);
        }
    }

    internal int WaitForJobs(CommandCall call)
    {
        while (_jobs.Count > 0)
        {
            if (!call.WaitUntil(() => _jobs.Exists(static job => job.Job.IsOver)))
            {
                return InterruptedStatus;
            }

            PollJobs(call.Error);
        }

        return 0;
    }

    private static void Say(Stream error, string line) => error.Write(Encoding.UTF8.GetBytes(line + "\n"));

    private int RunPipeline(ShellPipeline pipeline, Stream output, Stream error)
    {
        var readers = new List<StageRun>();
        var sink = output;
        for (var place = pipeline.Stages.Count - 1; place > 0; place--)
        {
            var reader = PrepareUnlessBroken(pipeline.Stages[place], sink, error);
            readers.Insert(0, reader);
            sink = reader.Input ?? new ClosedPipe();
        }

        var first = PrepareUnlessBroken(pipeline.Stages[0], sink, error);
        var status = UnlessBroken(() => pipeline.IsBackground && readers.Count == 0 ? RunInBackground(first) : first.Run(Await));
        foreach (var reader in readers)
        {
            status = UnlessBroken(() => reader.Run(Await));
        }

        return status;
    }

    /// <summary>A command that writes to a pipe which nobody reads ends as by SIGPIPE, whatever it was about to say.</summary>
    private static int UnlessBroken(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (PipeClosedException)
        {
            return PipeClosedException.Status;
        }
    }

    private StageRun PrepareUnlessBroken(ShellStage stage, Stream output, Stream error)
    {
        try
        {
            return Prepare(stage, output, error);
        }
        catch (PipeClosedException)
        {
            return StageRun.Ended(PipeClosedException.Status);
        }
    }

    private int RunInBackground(StageRun stage)
    {
        if (stage.Begin is null)
        {
            return stage.Run(Await);   // over at once; what lasts and cannot go to the background was refused before
        }

        var started = stage.Begin();
        if (started.Job is { } job)
        {
            _jobs.Add(new BackgroundJob(job));
        }

        return started.Status;
    }

    /// <summary>Waits for a job in the foreground. If time stops passing, it goes on in the background.</summary>
    private int Await(CommandCall call, StartedJob started)
    {
        if (started.Job is not { } job)
        {
            return started.Status;
        }

        if (call.WaitUntil(() => job.IsOver))
        {
            return job.Finish(call.Error);
        }

        _jobs.Add(new BackgroundJob(job));
        return InterruptedStatus;
    }

    private StageRun Prepare(ShellStage stage, Stream output, Stream error)
    {
        var redirected = StageStreams.Open(stage, _host.Tree, output, error);
        if (redirected is null)
        {
            return StageRun.Ended(1);
        }

        var words = stage.Words.SelectMany(word => NamePatterns.Expand(word, _host.Tree)).ToList();
        var name = CommandTable.NameOf(words[0]);
        if (CommandTable.Find(name) is not { } command)
        {
            Say(redirected.Error, words[0].Contains('/', StringComparison.Ordinal)
                ? $"bash: {words[0]}: No such file or directory"
                : $"bash: {words[0]}: command not found");
            return StageRun.Ended(NotFoundStatus);
        }

        var call = new CommandCall
        {
            Name = name,
            Arguments = words.GetRange(1, words.Count - 1),
            Host = _host,
            Console = this,
            Out = redirected.Out,
            Error = redirected.Error,
            Input = redirected.Input,
        };
        return StageRun.Of(command, call, redirected);
    }

    /// <summary>Something in the background.</summary>
    private sealed record BackgroundJob(IConsoleJob Job);

    /// <summary>A ticker that remembers having been stopped.</summary>
    private sealed class StoppableTicker(ITicker ticker) : ITicker
    {
        public bool HasStopped { get; private set; }

        public void Rearm() => HasStopped = false;

        public bool TryAdvance(TimeSpan interval)
        {
            HasStopped |= HasStopped || !ticker.TryAdvance(interval);
            return !HasStopped;
        }
    }

    /// <summary>The writing end of a pipe that nobody reads.</summary>
    private sealed class ClosedPipe : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (!buffer.IsEmpty)
            {
                throw new PipeClosedException();
            }
        }
    }
}
