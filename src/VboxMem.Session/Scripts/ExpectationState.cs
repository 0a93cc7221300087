// An expectation while it is being judged.
//
// It is met when there is a moment s, not later than Within after its beginning, such that its predicate holds at every look from s to
// s + For. Looks are at its beginning, at every multiple of 100 ms of simulated time, at the end of Within, and at s + For.
//
// Invariants
//   X1  What cannot be decided (a figure that is missing) does not hold.

using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Tools.Predicates;

namespace VboxMem.Session.Scripts;

/// <summary>How an expectation came out.</summary>
/// <param name="Line">Its line.</param>
/// <param name="IsMet">Whether it is met.</param>
/// <param name="At">When that was clear; null: it was never begun.</param>
/// <param name="Reason">Why it is not: what its figures were; empty where it is met.</param>
public sealed record ExpectationOutcome(ScriptLine Line, bool IsMet, SimTime? At, string Reason);

internal sealed class ExpectationState(ScriptLine line)
{
    public static readonly SimTime LookEvery = SimTime.FromMilliseconds(100);

    private readonly Expectation _expectation = line.Expectation!;
    private readonly PredicateEvaluator _evaluator = new(line.Expectation!.Predicate);
    private SimTime _begun;
    private SimTime? _spanStart;

    public ScriptLine Line => line;

    /// <summary>It needs looks before it begins.</summary>
    public bool NeedsWarming => _expectation.Predicate.HasRates;

    /// <summary>Known once it is judged.</summary>
    public ExpectationOutcome? Outcome { get; private set; }

    /// <summary>When it is judged at the latest.</summary>
    public SimTime Deadline => _begun.Plus(_expectation.Within).Plus(_expectation.For);

    private SimTime LastStart => _begun.Plus(_expectation.Within);

    /// <summary>A look before its time, so that rates have something to be measured from.</summary>
    public void Warm(TreeReading reading) => _evaluator.Evaluate(reading);

    /// <summary>Its time has come.</summary>
    public void Begin(SimTime now, TreeReading reading)
    {
        _begun = now;
        Look(now, reading);
    }

    /// <summary>When to look next, after now.</summary>
    public SimTime NextLook(SimTime now)
    {
        var next = NextMultiple(now);
        if (LastStart > now && LastStart < next)
        {
            next = LastStart;
        }

        return _spanStart is { } start && start.Plus(_expectation.For) is var end && end > now && end < next ? end : next;
    }

    public static SimTime NextMultiple(SimTime now) => new(((now.Nanoseconds / LookEvery.Nanoseconds) + 1) * LookEvery.Nanoseconds);

    public void Look(SimTime now, TreeReading reading)
    {
        var outcome = _evaluator.Evaluate(reading);
        if (outcome.Holds)
        {
            _spanStart ??= now <= LastStart ? now : null;
            if (_spanStart is { } start && now >= start.Plus(_expectation.For))
            {
                Outcome = new ExpectationOutcome(line, true, now, string.Empty);
                return;
            }
        }
        else
        {
            _spanStart = null;
        }

        if (_spanStart is null && now >= LastStart)
        {
            Fail(now, reading, string.Empty);
        }
    }

    /// <summary>The run has ended before it could be judged.</summary>
    public void Abandon(SimTime now, TreeReading reading) => Fail(now, reading, "the run ended first, ");

    private void Fail(SimTime now, TreeReading reading, string why)
    {
        var figures = _evaluator.Explain(reading);
        var spent = _expectation.Within > SimTime.Zero && why.Length == 0 ? $"not within {SimDuration.Format(_expectation.Within)}, in the end " : why;
        Outcome = new ExpectationOutcome(line, false, now, spent + (figures.Length > 0 ? figures : "it does not hold"));
    }
}
