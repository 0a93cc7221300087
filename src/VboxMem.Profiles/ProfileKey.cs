// One key of a profile: where it stands, what it takes, what it means, and where its value goes.
//
// Units    paths are joined by ':'; '#' stands for the index of a list's item.

using VboxMem.Kernel;
using VboxMem.Profiles.Rules;

namespace VboxMem.Profiles;

/// <summary>The description of a key, as the reference lists it.</summary>
public abstract class ProfileKey
{
    /// <summary>Where the key stands, such as <c>machine:nodes:#:ram</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What the key is for, in one line.</summary>
    public required string Meaning { get; init; }

    /// <summary>The value where no layer gives one, in canonical spelling; null where there is none.</summary>
    public string? Default { get; init; }

    /// <summary>What the reference says of the default where <see cref="Default"/> is null.</summary>
    public string DefaultNote { get; init; } = "required";

    /// <summary>The kind of value: "size", "whole number", "list".</summary>
    public abstract string TypeName { get; }

    /// <summary>The unit of a bare number; empty where there is none.</summary>
    public abstract string Unit { get; }

    /// <summary>What may be written.</summary>
    public abstract string Allowed { get; }
}

/// <summary>A key with one value.</summary>
internal abstract class ScalarKey : ProfileKey
{
    public abstract bool IsNumber { get; }

    public abstract bool TakesNumber { get; }

    public abstract bool IsTruth { get; }

    /// <summary>Brings a value into its canonical spelling; null where it is wrong, for the reason given.</summary>
    public abstract string? Canonical(string text, out string problem);

    /// <summary>Puts a value, in canonical spelling, into the machine's description.</summary>
    public abstract MachineConfiguration Apply(MachineConfiguration machine, string canonical);
}

/// <summary>A key whose value is of type <typeparamref name="T"/>.</summary>
internal sealed class ScalarKey<T>(ValueRule<T> rule) : ScalarKey
{
    public override string TypeName => rule.TypeName;

    public override string Unit => rule.Unit;

    public override string Allowed => rule.Allowed;

    public override bool IsNumber => rule.IsNumber;

    public override bool TakesNumber => rule.TakesNumber;

    public override bool IsTruth => rule.IsTruth;

    /// <summary>Where the value goes; null for what the loader places itself.</summary>
    public Func<MachineConfiguration, T, MachineConfiguration>? Bind { get; init; }

    public override string? Canonical(string text, out string problem) =>
        rule.TryRead(text, out var value, out problem) ? rule.Format(value) : null;

    public override MachineConfiguration Apply(MachineConfiguration machine, string canonical) =>
        Bind is null ? machine : Bind(machine, Value(canonical));

    public string Format(T value) => rule.Format(value);

    /// <summary>The value of a text in canonical spelling.</summary>
    public T Value(string canonical) =>
        rule.TryRead(canonical, out var value, out var problem)
            ? value
            : throw new InvalidOperationException($"{Path}: '{canonical}' was checked before, but is {problem}");
}

/// <summary>A key whose value is a list: of the values of <c>PATH:#</c>, or of groups of the keys <c>PATH:#:…</c>.</summary>
internal sealed class ListKey(int maximum) : ProfileKey
{
    public int Maximum => maximum;

    public override string TypeName => "list";

    public override string Unit => "";

    public override string Allowed => $"at most {maximum} items";
}
