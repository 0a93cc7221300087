using System.Globalization;

namespace VboxMem.Session.Console;

/// <summary>Options of a command as getopt(3) takes them: one letter each, joined or not, values attached or behind; long ones by name.</summary>
internal sealed class ShortOptions
{
    private readonly List<(char Letter, string Value)> _given = [];
    private readonly List<string> _operands = [];

    /// <param name="arguments">The arguments.</param>
    /// <param name="letters">The letters that are known, those with a value followed by a colon.</param>
    /// <param name="names">Long names, and the letters they stand for.</param>
    /// <param name="status">Exit status of a mistake.</param>
    /// <param name="seeHelp">What the command calls itself in the hint at its help; empty: it gives none.</param>
    /// <exception cref="CommandException">A mistake.</exception>
    public ShortOptions(IReadOnlyList<string> arguments, string letters, IReadOnlyList<(string Name, char Letter)> names, int status = 1, string seeHelp = "")
    {
        var hint = seeHelp.Length > 0 ? $"\nTry '{seeHelp} --help' for more information." : string.Empty;
        for (var at = 0; at < arguments.Count; at++)
        {
            var argument = arguments[at];
            if (argument == "--")
            {
                _operands.AddRange(arguments.Skip(at + 1));
                return;
            }

            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                TakeLong(argument[2..], arguments, ref at);
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                TakeShort(argument, arguments, ref at);
            }
            else
            {
                _operands.Add(argument);
            }
        }

        void TakeLong(string argument, IReadOnlyList<string> all, ref int at)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            var found = names.Where(known => known.Name.StartsWith(name, StringComparison.Ordinal)).ToArray();
            var exact = Array.FindIndex(found, known => known.Name == name);
            if (name.Length == 0 || (exact < 0 && found.Length != 1))
            {
                throw new CommandException($"unrecognized option '--{argument}'{hint}", status);
            }

            var letter = found[Math.Max(exact, 0)].Letter;
            var takesValue = TakesValue(letters, letter);
            if (takesValue && equals < 0 && at + 1 >= all.Count)
            {
                throw new CommandException($"option '--{found[Math.Max(exact, 0)].Name}' requires an argument{hint}", status);
            }

            if (!takesValue && equals >= 0)
            {
                throw new CommandException($"option '--{found[Math.Max(exact, 0)].Name}' doesn't allow an argument{hint}", status);
            }

            _given.Add((letter, !takesValue ? string.Empty : equals >= 0 ? argument[(equals + 1)..] : all[++at]));
        }

        void TakeShort(string argument, IReadOnlyList<string> all, ref int at)
        {
            for (var place = 1; place < argument.Length; place++)
            {
                var letter = argument[place];
                if (letter == ':' || !letters.Contains(letter, StringComparison.Ordinal))
                {
                    throw new CommandException($"invalid option -- '{letter}'{hint}", status);
                }

                if (!TakesValue(letters, letter))
                {
                    _given.Add((letter, string.Empty));
                    continue;
                }

                if (place + 1 == argument.Length && at + 1 >= all.Count)
                {
                    throw new CommandException($"option requires an argument -- '{letter}'{hint}", status);
                }

                _given.Add((letter, place + 1 < argument.Length ? argument[(place + 1)..] : all[++at]));
                return;
            }
        }
    }

    /// <summary>In the order given.</summary>
    public IReadOnlyList<(char Letter, string Value)> Given => _given;

    public IReadOnlyList<string> Operands => _operands;

    public bool Has(char letter) => _given.Exists(option => option.Letter == letter);

    /// <summary>The value given last; null: none.</summary>
    public string? ValueOf(char letter) => _given.FindLast(option => option.Letter == letter) is { Letter: not '\0' } found ? found.Value : null;

    /// <summary>A number of lines or bytes as coreutils read it, with their suffixes; capped at the largest.</summary>
    public static bool TryNumber(string text, out long value)
    {
        value = 0;
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        if (digits == 0 || Factor(text[digits..]) is not { } factor)
        {
            return false;
        }

        value = decimal.TryParse(text.AsSpan(0, Math.Min(digits, 25)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && digits <= 25 && number * factor <= long.MaxValue
            ? (long)(number * factor)
            : long.MaxValue;
        return true;
    }

    private static bool TakesValue(string letters, char letter) => letters.Contains($"{letter}:", StringComparison.Ordinal);

    private static long? Factor(string suffix) => suffix switch
    {
        "" => 1,
        "b" => 512,
        "kB" => 1000,
        "k" or "K" or "KiB" => 1L << 10,
        "MB" => 1_000_000,
        "M" or "m" or "MiB" => 1L << 20,
        "GB" => 1_000_000_000,
        "G" or "GiB" => 1L << 30,
        "T" or "TiB" => 1L << 40,
        _ => null,
    };
}
