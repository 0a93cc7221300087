using VboxMem.Kernel.Time;

namespace VboxMem.Session.Journals;

/// <summary>A line of a journal: something a person or a script has done, or only a mark on the way.</summary>
public sealed class JournalEntry
{
    internal JournalEntry(SimTime at, ulong trace, string? command = null, ulong? state = null) => (At, Trace, Command, State) = (at, trace, command, state);

    /// <summary>When: simulated time since the kernel started.</summary>
    public SimTime At { get; }

    /// <summary>Fingerprint of what the box had done by then: <see cref="Box.ComputeTraceHash"/>.</summary>
    public ulong Trace { get; }

    /// <summary>Fingerprint of the whole state then; null: none was made.</summary>
    public ulong? State { get; }

    /// <summary>The command line as it was typed; null: a mark.</summary>
    public string? Command { get; }

    /// <summary>When the command ended; null: it did not.</summary>
    public SimTime? EndedAt { get; private set; }

    /// <summary>Its exit status; null: it did not end.</summary>
    public int? Status { get; private set; }

    /// <summary>The command was interrupted then, and the run went on without it.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>The command has ended, or time has: then there is no status.</summary>
    public void End(SimTime at, int? status, bool isInterrupted = false) =>
        (EndedAt, Status, IsInterrupted) = (status is null ? null : at, status, status is not null && isInterrupted);
}
