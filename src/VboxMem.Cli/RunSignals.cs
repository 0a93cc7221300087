using System.Runtime.InteropServices;

namespace VboxMem.Cli;

/// <summary>Ctrl-C and SIGTERM while a box runs: the run ends at its next step, and what was reached is still written.</summary>
internal sealed class RunSignals : IDisposable
{
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _exitCode;

    public RunSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Note);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Note);
    }

    public bool HasCome => ExitCode != Cli.ExitCode.Done;

    /// <summary>What the program ends with for the first signal that has come; <see cref="ExitCode.Done"/>: none has.</summary>
    public int ExitCode => Volatile.Read(ref _exitCode);

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void Note(PosixSignalContext context)
    {
        context.Cancel = true;
        Interlocked.CompareExchange(ref _exitCode, context.Signal == PosixSignal.SIGINT ? Cli.ExitCode.Interrupted : Cli.ExitCode.Terminated, Cli.ExitCode.Done);
    }
}
