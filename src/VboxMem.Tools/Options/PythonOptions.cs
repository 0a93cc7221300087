// Command-line options as Python's optparse takes them: short ones bundle and carry their argument behind them or as the next word, any
// unambiguous beginning of a long one will do, words between options are left over, "--" ends the options. Its messages and its exit code.

namespace VboxMem.Tools.Options;

/// <summary>An option by both its names; <paramref name="Letter"/> is 0 where it has a long one only.</summary>
internal readonly record struct PythonOption(char Letter, string Name, bool TakesArgument);

/// <summary>Walks through the arguments of one command.</summary>
internal sealed class PythonOptions(IReadOnlyList<string> arguments, PythonOption[] options, string tool)
{
    private int _next;
    private string _bundle = "";

    internal List<string> Operands { get; } = [];

    internal string? Argument { get; private set; }

    /// <summary>Takes the next option.</summary>
    /// <returns>Its long name; null at the end.</returns>
    /// <exception cref="PythonOptionException">A wrong option.</exception>
    internal string? TryNext()
    {
        Argument = null;
        while (_bundle.Length == 0)
        {
            if (TakeWord() is not { } word) return null;
            if (word == "--")
            {
                while (TakeWord() is { } rest) Operands.Add(rest);
                return null;
            }

            if (word.StartsWith("--", StringComparison.Ordinal)) return TakeLong(word);
            if (word.Length > 1 && word[0] == '-') _bundle = word[1..];
            else Operands.Add(word);
        }

        return TakeShort();
    }

    private string TakeShort()
    {
        var letter = _bundle[0];
        _bundle = _bundle[1..];
        foreach (var option in options)
        {
            if (option.Letter != letter) continue;
            if (!option.TakesArgument) return option.Name;
            Argument = _bundle.Length > 0 ? _bundle : TakeWord() ?? throw Wrong($"-{letter} option requires 1 argument");
            _bundle = "";
            return option.Name;
        }

        throw Wrong($"no such option: -{letter}");
    }

    private string TakeLong(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word[2..] : word[2..equals];
        var option = Find(name);
        if (equals >= 0 && !option.TakesArgument) throw Wrong($"--{option.Name} option does not take a value");
        if (equals >= 0) Argument = word[(equals + 1)..];
        else if (option.TakesArgument) Argument = TakeWord() ?? throw Wrong($"--{option.Name} option requires 1 argument");
        return option.Name;
    }

    private PythonOption Find(string name)
    {
        var candidates = options.Where(option => option.Name.StartsWith(name, StringComparison.Ordinal)).ToArray();
        foreach (var candidate in candidates)
        {
            if (candidate.Name == name) return candidate;
        }

        if (candidates.Length == 1) return candidates[0];
        if (candidates.Length == 0) throw Wrong($"no such option: --{name}");
        var names = candidates.Select(static candidate => "--" + candidate.Name).Order(StringComparer.Ordinal);
        throw Wrong($"ambiguous option: --{name} ({string.Join(", ", names)}?)");
    }

    private string? TakeWord() => _next < arguments.Count ? arguments[_next++] : null;

    private PythonOptionException Wrong(string message) => new($"Usage: {tool} [options]\n\n{tool}: error: {message}\n");
}

/// <summary>A wrong option; the message is all that is printed, and 2 the exit code.</summary>
internal sealed class PythonOptionException(string message) : Exception(message);
