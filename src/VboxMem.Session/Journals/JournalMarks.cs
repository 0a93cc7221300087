using VboxMem.Kernel.Time;

namespace VboxMem.Session.Journals;

/// <summary>Marks the way of a run in its journal.</summary>
public sealed class JournalMarks : IRunObserver
{
    /// <summary>A mark every so often, of them every sixtieth with the whole state: README.md says what that costs.</summary>
    private static readonly SimTime _every = SimTime.FromSeconds(30);

    private const ulong MarksPerState = 60;

    private readonly Box _box;
    private readonly Journal _journal;
    private SimTime _next;
    private ulong _count;

    /// <param name="box">The box, before the run.</param>
    /// <param name="journal">Its journal.</param>
    public JournalMarks(Box box, Journal journal)
    {
        (_box, _journal) = (box, journal);
        _next = box.Machine.Now.Plus(_every);
    }

    public SimTime? NextLook => _next;

    public void Look()
    {
        _count++;
        _journal.Mark(_box.Machine.Now, _box.ComputeTraceHash(), _count % MarksPerState == 0 ? _box.ComputeStateHash() : null);
        _next = _next.Plus(_every);
    }
}
