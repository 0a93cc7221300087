using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Tools.Predicates;

namespace VboxMem.Session.Scripts;

/// <summary>Judges the expectations of a script while the box runs. All looks of one moment share a reading.</summary>
/// <param name="box">The box.</param>
/// <param name="judged">Told of each that is judged.</param>
internal sealed class ExpectationWatch(Box box, Action<ExpectationOutcome> judged) : IRunObserver
{
    private readonly IFileTree _tree = box.Tree;
    private readonly List<ExpectationState> _open = [];
    private IReadOnlyList<ExpectationState> _coming = [];
    private SimTime _warmFrom;
    private SimTime? _next;

    public SimTime? NextLook => _next;

    /// <summary>Until when there is something to be judged; null: nothing is open.</summary>
    public SimTime? Deadline => _open.Count == 0 ? null : _open.Max(static state => state.Deadline);

    private SimTime Now => box.Machine.Now;

    /// <summary>Those that begin next: from a moment on they are looked at, so that their rates are known by then.</summary>
    public void Expect(IReadOnlyList<ExpectationState> coming, SimTime warmFrom)
    {
        _coming = [.. coming.Where(static state => state.NeedsWarming)];
        _warmFrom = warmFrom < Now ? Now : warmFrom;
        Plan();
    }

    public void Begin(ExpectationState state)
    {
        _coming = [.. _coming.Where(other => other != state)];
        state.Begin(Now, new TreeReading(_tree));
        _open.Add(state);
        Settle();
    }

    public void Look()
    {
        var reading = new TreeReading(_tree);
        foreach (var state in Now >= _warmFrom ? _coming : [])
        {
            state.Warm(reading);
        }

        foreach (var state in _open)
        {
            state.Look(Now, reading);
        }

        Settle();
    }

    /// <summary>Nothing more will happen.</summary>
    public void Abandon()
    {
        foreach (var state in _open)
        {
            state.Abandon(Now, new TreeReading(_tree));
        }

        Settle();
    }

    private void Settle()
    {
        for (var index = 0; index < _open.Count;)
        {
            if (_open[index].Outcome is not { } outcome)
            {
                index++;
                continue;
            }

            _open.RemoveAt(index);
            judged(outcome);
        }

        Plan();
    }

    private void Plan()
    {
        _next = null;
        foreach (var state in _open)
        {
            var look = state.NextLook(Now);
            _next = _next is null || look < _next ? look : _next;
        }

        if (_coming.Count > 0)
        {
            var look = ExpectationState.NextMultiple(Now);
            look = look < _warmFrom ? ExpectationState.NextMultiple(_warmFrom) : look;
            _next = _next is null || look < _next ? look : _next;
        }
    }
}
