namespace VboxMem.Tools.Processes;

/// <summary>
/// What a task that has not run since it was last looked at cannot have changed: its command line, and the function it sleeps in. Whoever
/// has run and sleeps again has been switched from, which its counts of switches tell; who is running now may be changing anything.
/// </summary>
/// <remarks>
/// Other threads may change the command line too, so it is kept of processes of one thread alone. A debugger that writes into a process
/// that sleeps is not noticed.
/// </remarks>
internal sealed class IdleTexts(in PidStatus status)
{
    private readonly (byte State, int Threads, ulong Voluntary, ulong Involuntary) _seen = SeenOf(status);
    private ReadOnlyMemory<byte> _commandLine;

    /// <summary>Empty: it is not known.</summary>
    public ReadOnlyMemory<byte> CommandLine
    {
        get => _commandLine;
        set => _commandLine = _seen.Threads == 1 ? value : default;
    }

    /// <summary>Empty: it is not known.</summary>
    public ReadOnlyMemory<byte> WaitChannel { get; set; }

    /// <summary>Whether a task's status tells that it is not running, and how often it has been switched from.</summary>
    public static bool CanTell(in PidStatus status) =>
        status.State is not (0 or (byte)'R') && (status.VoluntarySwitches != 0 || status.InvoluntarySwitches != 0);

    public bool IsOf(in PidStatus status) => _seen == SeenOf(status);

    private static (byte State, int Threads, ulong Voluntary, ulong Involuntary) SeenOf(in PidStatus status) =>
        (status.State, status.Threads, status.VoluntarySwitches, status.InvoluntarySwitches);
}
