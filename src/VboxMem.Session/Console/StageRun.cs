using VboxMem.Session.Console.Filters;

namespace VboxMem.Session.Console;

/// <summary>A command of a pipeline, ready to run: those behind the first take their input while the ones in front run.</summary>
internal sealed class StageRun
{
    private readonly ConsoleCommand? _command;
    private readonly CommandCall? _call;
    private readonly StageStreams? _streams;
    private readonly InputFilter? _filter;
    private readonly int _status;

    private StageRun(int status) => _status = status;

    private StageRun(ConsoleCommand command, CommandCall call, StageStreams streams, InputFilter? filter)
    {
        (_command, _call, _streams, _filter) = (command, call, streams, filter);
        Input = filter is { TakesPipe: true } && call.Input is null ? new PipeStream(filter) : null;
        Begin = command.Start is { } start ? () => StartOrEnd(start, call) : null;
    }

    /// <summary>Where the command in front writes to; null: it takes nothing.</summary>
    public Stream? Input { get; }

    /// <summary>Begins what then goes on by itself; null: the command is none of that kind.</summary>
    public Func<StartedJob>? Begin { get; }

    /// <summary>A command that has ended before it could begin.</summary>
    public static StageRun Ended(int status) => new(status);

    public static StageRun Of(ConsoleCommand command, CommandCall call, StageStreams streams)
    {
        if (command.Filter is not { } make)
        {
            return new StageRun(command, call, streams, null);
        }

        try
        {
            var filter = make(call);
            var run = new StageRun(command, call, streams, filter);
            filter.Prepare();
            return run;
        }
        catch (CommandException end)
        {
            return Ended(End(call, end));
        }
    }

    /// <summary>Runs it to its end, its input having come to its own.</summary>
    /// <param name="wait">Waits for what was begun.</param>
    /// <returns>Its exit status.</returns>
    public int Run(Func<CommandCall, StartedJob, int> wait)
    {
        if (_command is null)
        {
            return _status;
        }

        int status;
        try
        {
            status = _filter is not null ? _filter.Finish()
                : _command.Start is { } start ? wait(_call!, start(_call!))
                : _command.Run!(_call!);
        }
        catch (CommandException end)
        {
            status = End(_call!, end);
        }

        return _streams!.TryStore(_call!.Name, _command.IsBuiltIn) || status != 0 ? status : 1;
    }

    private static StartedJob StartOrEnd(Func<CommandCall, StartedJob> start, CommandCall call)
    {
        try
        {
            return start(call);
        }
        catch (CommandException end)
        {
            return new StartedJob(null, End(call, end));
        }
    }

    private static int End(CommandCall call, CommandException end)
    {
        if (end.Message.Length > 0)
        {
            call.Complain(end.Message);
        }

        return end.Status;
    }
}
