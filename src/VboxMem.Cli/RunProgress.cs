// How a run shows that it goes on: a bar on standard error where a person looks on, nothing where the output is piped or JSON. What the
// box has to say meanwhile comes above the bar.

using Spectre.Console;
using VboxMem.Kernel.Time;
using VboxMem.Session;

namespace VboxMem.Cli;

internal sealed class RunProgress
{
    private readonly Box _box;
    private readonly IAnsiConsole? _console;
    private ProgressTask? _task;
    private SimTime _start;
    private int _saidMessages;
    private int _saidRefusals;

    private RunProgress(Box box, IAnsiConsole? console) => (_box, _console) = (box, console);

    /// <summary>Does a run, whose steps report to the progress given.</summary>
    /// <param name="box">The box, before the run.</param>
    /// <param name="duration">How long it is to run.</param>
    /// <param name="isJson">The output is for a program.</param>
    /// <param name="run">The run.</param>
    public static T Follow<T>(Box box, SimTime duration, bool isJson, Func<RunProgress, T> run)
    {
        var hasOnlooker = !isJson && !Console.IsErrorRedirected && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");
        if (!hasOnlooker || duration == SimTime.Zero)
        {
            return run(new RunProgress(box, null));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var progress = new RunProgress(box, console) { _start = box.Machine.Now };
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                progress._task = context.AddTask(Markup.Escape(box.Profile.Name), maxValue: duration.Nanoseconds / 1e9);
                return run(progress);
            });
    }

    /// <summary>Tells how far the run is, and what the box has said since.</summary>
    public void Report()
    {
        ShowTime();
        for (; _saidMessages < _box.Workload.Messages.Count; _saidMessages++)
        {
            var message = _box.Workload.Messages[_saidMessages];
            Say($"{message.At}  {message.Text}");
        }

        for (; _saidRefusals < _box.Workload.Refusals.Count; _saidRefusals++)
        {
            Say($"vbox-mem run: {_box.Workload.Refusals[_saidRefusals]}");
        }
    }

    /// <summary>Tells how far the run is.</summary>
    public void ShowTime()
    {
        if (_task is not null)
        {
            _task.Value = (_box.Machine.Now.Nanoseconds - _start.Nanoseconds) / 1e9;
        }
    }

    private void Say(string line)
    {
        if (_console is null)
        {
            Console.Error.WriteLine(line);
        }
        else
        {
            _console.WriteLine(line);
        }
    }
}
