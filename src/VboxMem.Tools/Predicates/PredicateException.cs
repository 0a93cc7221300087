using System.Globalization;

namespace VboxMem.Tools.Predicates;

/// <summary>A text is no predicate. Stays inside: callers get the message.</summary>
/// <param name="start">Where in the text, from 0.</param>
/// <param name="problem">What stands there, and what is allowed.</param>
internal sealed class PredicateException(int start, string problem)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"column {start + 1}: {problem}"));
