// head and tail: the first or last lines or bytes.
//
// Models   GNU coreutils 9.7: head, tail; -n -c with + and -, -q -v, -NUMBER.

using System.Globalization;
using VboxMem.FileTree;

namespace VboxMem.Session.Console.Filters;

/// <summary>What head and tail are asked for.</summary>
/// <param name="Count">How many.</param>
/// <param name="Sign">'-' in front of head's number: all but the last; '+' in front of tail's: from that one on; else a blank.</param>
/// <param name="IsBytes">Bytes, not lines.</param>
/// <param name="ShowsNames">Headers with the names of files.</param>
internal sealed record EndOptions(long Count, char Sign, bool IsBytes, bool ShowsNames)
{
    private const long UsualCount = 10;

    private static readonly (string, char)[] _names = [("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("silent", 'q'), ("verbose", 'v')];

    public static EndOptions Of(CommandCall call, char sign, out IReadOnlyList<string> files)
    {
        var arguments = call.Arguments.ToList();
        if (arguments.Count > 0 && arguments[0].Length > 1 && (arguments[0][0] == '-' || arguments[0][0] == sign) && arguments[0].AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            // The old way: -5, and tail's +5.
            var old = arguments[0];
            arguments[0] = "-n" + (old[0] == '+' ? old : old[1..]);
        }

        var options = new ShortOptions(arguments, "n:c:qv", _names, seeHelp: call.Name);
        files = options.Operands;
        var (count, found, isBytes) = (UsualCount, ' ', false);
        foreach (var (letter, value) in options.Given.Where(static option => option.Letter is 'n' or 'c'))
        {
            isBytes = letter == 'c';
            found = value.Length > 0 && value[0] == sign ? sign : ' ';
            var digits = value.Length > 0 && value[0] is '+' or '-' && (value[0] == sign || call.Name == "tail") ? value[1..] : value;
            if (!ShortOptions.TryNumber(digits, out count))
            {
                throw new CommandException($"invalid number of {(isBytes ? "bytes" : "lines")}: '{digits}'");
            }
        }

        var last = options.Given.LastOrDefault(static option => option.Letter is 'q' or 'v').Letter;
        return new EndOptions(count, found, isBytes, last == 'v' || (last != 'q' && files.Count > 1));
    }
}

internal abstract class EndFilter(CommandCall call, EndOptions options, IReadOnlyList<string> files) : InputFilter(call, files)
{
    private bool _hasBegun;

    protected EndOptions Options { get; } = options;

    /// <summary>Bytes or lines of this file that have gone by.</summary>
    protected long Seen { get; set; }

    protected override void Begin(string? name)
    {
        if (Options.ShowsNames)
        {
            Print($"{(_hasBegun ? "\n" : string.Empty)}==> {name ?? "standard input"} <==\n");
        }

        _hasBegun = true;
        Seen = 0;
    }

    protected override string? WordsFor(string file, Errno errno) =>
        errno == Errno.EISDIR ? $"error reading '{file}': {errno.Describe()}" : $"cannot open '{file}' for reading: {errno.Describe()}";

    protected override int Conclude() => HasFailed ? 1 : 0;

    /// <summary>How many bytes of these the next units have, at most so many.</summary>
    protected int LengthOf(ReadOnlySpan<byte> bytes, long units, out long found)
    {
        if (Options.IsBytes)
        {
            found = Math.Min(bytes.Length, units);
            return (int)found;
        }

        var length = 0;
        for (found = 0; found < units; found++)
        {
            var end = bytes[length..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return bytes.Length;
            }

            length += end + 1;
        }

        return length;
    }
}

internal sealed class Head : EndFilter
{
    private readonly ByteBuffer _kept = new();

    private Head(CommandCall call, EndOptions options, IReadOnlyList<string> files)
        : base(call, options, files)
    {
    }

    public static ConsoleCommand Command { get; } = new("head") { Filter = static call => new Head(call, EndOptions.Of(call, '-', out var files), files) };

    public override bool IsFull => base.IsFull || (Files.Count == 0 && Options.Sign == ' ' && Seen >= Options.Count);

    public override void Take(ReadOnlySpan<byte> bytes)
    {
        if (Options.Sign == '-')
        {
            _kept.Append(bytes);
        }
        else if (Seen < Options.Count)
        {
            var length = LengthOf(bytes, Options.Count - Seen, out var found);
            Seen += found;
            Call.Out.Write(bytes[..length]);
        }
    }

    /// <summary>All but the last, once it is known which those are.</summary>
    protected override void End()
    {
        if (_kept.Length > 0)
        {
            Call.Out.Write(_kept.Span[..TailFilter.StartOfLast(_kept.Span, Options)]);
            _kept.Clear();
        }
    }
}

internal sealed class TailFilter : EndFilter
{
    private readonly ByteBuffer _kept = new();

    private TailFilter(CommandCall call, EndOptions options, IReadOnlyList<string> files)
        : base(call, options, files)
    {
    }

    public static ConsoleCommand Command { get; } = new("tail") { Filter = Make };

    public override void Take(ReadOnlySpan<byte> bytes)
    {
        if (Options.Sign != '+')
        {
            _kept.Append(bytes);
            return;
        }

        var skipped = Math.Max(Options.Count - 1, 0);
        if (Seen < skipped)
        {
            var length = LengthOf(bytes, skipped - Seen, out var found);
            Seen += found;
            bytes = bytes[length..];
        }

        Call.Out.Write(bytes);
    }

    /// <summary>Where the last lines or bytes begin.</summary>
    public static int StartOfLast(ReadOnlySpan<byte> all, EndOptions options)
    {
        if (options.IsBytes)
        {
            return (int)Math.Max(all.Length - options.Count, 0);
        }

        if (options.Count == 0)
        {
            return all.Length;
        }

        var start = all.Length - (all.EndsWith("\n"u8) ? 1 : 0);
        for (var line = 0L; line < options.Count && start >= 0; line++)
        {
            start = all[..start].LastIndexOf((byte)'\n');
        }

        return start + 1;
    }

    protected override void End()
    {
        Call.Out.Write(_kept.Span[StartOfLast(_kept.Span, Options)..]);
        _kept.Clear();
    }

    private static TailFilter Make(CommandCall call)
    {
        if (call.Arguments.Any(static argument => argument is "-f" or "-F" or "--follow"))
        {
            throw new CommandException("files are not followed here");
        }

        return new TailFilter(call, EndOptions.Of(call, '+', out var files), files);
    }
}
