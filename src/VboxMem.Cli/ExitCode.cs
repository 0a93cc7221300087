namespace VboxMem.Cli;

/// <summary>How vbox-mem's own commands end. Tools keep procps's codes.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A replay ended in another state than was recorded.</summary>
    public const int Differs = 1;

    /// <summary>An expectation of a script was not met.</summary>
    public const int Unmet = 1;

    /// <summary>Bad command line, profile or input.</summary>
    public const int BadInput = 2;

    /// <summary>The simulated box panicked. It is dumped all the same.</summary>
    public const int Panicked = 3;

    /// <summary>A broken invariant: our defect.</summary>
    public const int Defect = 70;

    /// <summary>Output could not be written.</summary>
    public const int CannotWrite = 74;

    public const int Interrupted = 130;

    /// <summary>What a shell shows for a program ended by SIGPIPE.</summary>
    public const int ReaderIsGone = 141;

    public const int Terminated = 143;
}
