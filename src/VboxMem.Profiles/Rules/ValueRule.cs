// What one kind of value looks like. A rule reads the text of a value, whatever layer it came from, and writes it
// back in its one canonical spelling.
//
// Invariant
//   R1  Read(Format(value)) gives value again, for every value that Read gives.

namespace VboxMem.Profiles.Rules;

/// <summary>The rule for values of type <typeparamref name="T"/>.</summary>
internal abstract class ValueRule<T>
{
    /// <summary>The kind of value, for the reference: "size", "whole number".</summary>
    public abstract string TypeName { get; }

    /// <summary>The unit of the value; empty where it has none.</summary>
    public virtual string Unit => "";

    /// <summary>What may be written, for messages and the reference.</summary>
    public abstract string Allowed { get; }

    /// <summary>Whether the canonical spelling is a JSON number rather than a JSON string.</summary>
    public virtual bool IsNumber => false;

    /// <summary>Whether a JSON number may stand for the value.</summary>
    public virtual bool TakesNumber => IsNumber;

    /// <summary>Whether true and false of JSON stand for the value, and are its canonical spelling.</summary>
    public virtual bool IsTruth => false;

    /// <summary>Reads a value. On failure <paramref name="problem"/> says what is wrong, in a few words.</summary>
    public abstract bool TryRead(string text, out T value, out string problem);

    public abstract string Format(T value);
}
