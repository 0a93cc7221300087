// Command-line options as getopt_long(3) of the GNU C library takes them, because that is procps's grammar:
// short options bundle (-wt) and may carry their argument (-s1), long ones take it behind "=" or as the next word,
// any unambiguous beginning of a long option will do, operands may stand between options, "--" ends the options.
//
// Options are handed out one by one, in order: what a tool does on the first (print its version, say) happens before
// a later one is looked at.

namespace VboxMem.Tools.Options;

internal enum OptionArgument
{
    None,
    Required,
    Optional,
}

/// <summary>A long option; <paramref name="Id"/> is the letter of the short one that means the same, or any other char.</summary>
internal readonly record struct LongOption(string Name, OptionArgument Argument, char Id);

/// <summary>Walks through the arguments of one command.</summary>
/// <param name="arguments">What follows the tool's name.</param>
/// <param name="shortOptions">As getopt(3) has it: a letter, ":" behind it when it takes an argument, "::" when it may.</param>
/// <param name="longOptions">The long options, in the order in which an ambiguity lists them.</param>
/// <param name="usage">What a wrong option is answered with, after getopt's own words.</param>
internal sealed class GetOptLong(IReadOnlyList<string> arguments, string shortOptions, LongOption[] longOptions, string usage)
{
    private readonly List<string> _operands = [];
    private int _next;
    private string _bundle = "";   // the rest of a word of short options

    /// <summary>The words that are no options. Complete once <see cref="TryNext"/> has answered false.</summary>
    internal IReadOnlyList<string> Operands => _operands;

    /// <summary>The argument of the option just taken; null where it has none.</summary>
    internal string? Argument { get; private set; }

    /// <summary>Takes the next option.</summary>
    /// <returns>False at the end of the options.</returns>
    /// <exception cref="UsageException">A wrong option.</exception>
    internal bool TryNext(out char id)
    {
        Argument = null;
        while (_bundle.Length == 0)
        {
            if (_next == arguments.Count)
            {
                id = default;
                return false;
            }

            var word = arguments[_next++];
            if (word == "--")
            {
                while (_next < arguments.Count) _operands.Add(arguments[_next++]);
            }
            else if (word.StartsWith("--", StringComparison.Ordinal))
            {
                id = TakeLong(word[2..]);
                return true;
            }
            else if (word.Length > 1 && word[0] == '-')
            {
                _bundle = word[1..];
            }
            else
            {
                _operands.Add(word);
            }
        }

        id = TakeShort();
        return true;
    }

    /// <summary>
    /// Takes the next word as the argument of an option that had none: what some programs do on their own, beyond getopt, when
    /// the word looks like one.
    /// </summary>
    internal bool TryTakeNextWord(Predicate<string> isArgument)
    {
        if (Argument is not null || _bundle.Length > 0 || _next == arguments.Count || !isArgument(arguments[_next])) return false;
        Argument = TakeWord();
        return true;
    }

    private char TakeShort()
    {
        var letter = _bundle[0];
        _bundle = _bundle[1..];
        var place = letter == ':' ? -1 : shortOptions.IndexOf(letter, StringComparison.Ordinal);
        if (place < 0) throw Wrong($"invalid option -- '{letter}'");

        var takesArgument = place + 1 < shortOptions.Length && shortOptions[place + 1] == ':';
        if (!takesArgument) return letter;

        var isOptional = place + 2 < shortOptions.Length && shortOptions[place + 2] == ':';
        if (_bundle.Length > 0)
        {
            Argument = _bundle;
            _bundle = "";
        }
        else if (!isOptional)
        {
            Argument = TakeWord() ?? throw Wrong($"option requires an argument -- '{letter}'");
        }

        return letter;
    }

    private char TakeLong(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? text : text[..equals];
        var option = Find(name, text);
        if (equals >= 0)
        {
            if (option.Argument == OptionArgument.None)
                throw Wrong($"option '--{option.Name}' doesn't allow an argument");
            Argument = text[(equals + 1)..];
        }
        else if (option.Argument == OptionArgument.Required)
        {
            Argument = TakeWord() ?? throw Wrong($"option '--{option.Name}' requires an argument");
        }

        return option.Id;
    }

    private LongOption Find(string name, string asWritten)
    {
        var candidates = new List<LongOption>();
        foreach (var option in longOptions)
        {
            if (option.Name == name) return option;
            if (option.Name.StartsWith(name, StringComparison.Ordinal)) candidates.Add(option);
        }

        if (candidates.Count == 0) throw Wrong($"unrecognized option '--{asWritten}'");
        foreach (var candidate in candidates)
        {
            if (candidate.Id == candidates[0].Id && candidate.Argument == candidates[0].Argument) continue;

            // Two names of one option are no ambiguity; two different options are.
            var possibilities = string.Concat(candidates.ConvertAll(each => $" '--{each.Name}'"));
            throw Wrong($"option '--{asWritten}' is ambiguous; possibilities:{possibilities}");
        }

        return candidates[0];
    }

    private UsageException Wrong(string message) => new(message, usage);

    private string? TakeWord() => _next < arguments.Count ? arguments[_next++] : null;
}
