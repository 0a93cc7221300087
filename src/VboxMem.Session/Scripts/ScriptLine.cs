using VboxMem.Kernel.Time;
using VboxMem.Tools.Predicates;

namespace VboxMem.Session.Scripts;

/// <summary>What the time in front of a line counts from.</summary>
public enum ScriptClock
{
    /// <summary>There is none: the line follows the one before at once.</summary>
    None,

    /// <summary>@ the start of the run.</summary>
    Start,

    /// <summary>+ the moment at which the line before began.</summary>
    Previous,
}

/// <summary>Something that is to be true.</summary>
/// <param name="Predicate">What.</param>
/// <param name="For">For so long; zero: at one look.</param>
/// <param name="Within">From a moment within so long; zero: from now on.</param>
public sealed record Expectation(Predicate Predicate, SimTime For, SimTime Within);

/// <summary>A line of a script.</summary>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Clock">What its time counts from.</param>
/// <param name="Time">Its time.</param>
/// <param name="Text">What it says behind its time; empty: nothing happens then.</param>
/// <param name="Expectation">What it expects; null: it is a command.</param>
public sealed record ScriptLine(int Number, ScriptClock Clock, SimTime Time, string Text, Expectation? Expectation = null);
