namespace VboxMem.Session.Console;

/// <summary>Something a command has begun that goes on while time passes.</summary>
internal interface IConsoleJob
{
    /// <summary>It has come to its end.</summary>
    bool IsOver { get; }

    /// <summary>Says how it ended, once it is over.</summary>
    /// <param name="error">Where.</param>
    /// <returns>Its exit status.</returns>
    int Finish(Stream error);
}

/// <summary>A command by its name. One of the three ways to run it is given.</summary>
internal sealed record ConsoleCommand(string Name)
{
    /// <summary>Runs it from beginning to end.</summary>
    public Func<CommandCall, int>? Run { get; init; }

    /// <summary>Begins it; the console waits for it, or does not (&amp;). Null: it has ended already, and said why.</summary>
    public Func<CommandCall, StartedJob>? Start { get; init; }

    /// <summary>Makes what takes its input piece by piece: files that it names, or what comes through the pipe.</summary>
    public Func<CommandCall, Filters.InputFilter>? Filter { get; init; }

    /// <summary>A command of bash itself.</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>Whether it can change the box, called like this.</summary>
    public Func<IReadOnlyList<string>, bool> CanChange { get; init; } = static _ => false;

    /// <summary>What is wrong with its arguments, as far as that can be seen before it runs; null: nothing.</summary>
    public Func<CommandCheck, string?> Check { get; init; } = static _ => null;
}

/// <summary>What a command has started.</summary>
/// <param name="Job">What goes on; null: nothing does.</param>
/// <param name="Status">Then, its exit status.</param>
internal readonly record struct StartedJob(IConsoleJob? Job, int Status = 0);

/// <summary>A command to be checked before it runs.</summary>
/// <param name="Arguments">As written.</param>
/// <param name="Groups">The groups of the box; null: not known.</param>
internal readonly record struct CommandCheck(IReadOnlyList<string> Arguments, IReadOnlyCollection<string>? Groups);
