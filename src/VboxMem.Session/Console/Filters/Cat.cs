using System.Globalization;

namespace VboxMem.Session.Console.Filters;

/// <summary>cat: files one after the other; -n numbers the lines, -v and -A make visible what is not. Models GNU coreutils 9.7.</summary>
internal sealed class Cat : InputFilter
{
    private const int NumberWidth = 6;

    private readonly bool _isNumbered;
    private readonly bool _isVisible;
    private readonly bool _showsEnds;
    private readonly bool _showsTabs;
    private long _line;
    private bool _isInLine;

    private Cat(CommandCall call, ShortOptions options)
        : base(call, options.Operands)
    {
        _isNumbered = options.Has('n');
        _isVisible = options.Has('v') || options.Has('A') || options.Has('e') || options.Has('t');
        _showsEnds = options.Has('E') || options.Has('A') || options.Has('e');
        _showsTabs = options.Has('T') || options.Has('A') || options.Has('t');
    }

    public static ConsoleCommand Command { get; } = new("cat")
    {
        Filter = static call => new Cat(call, new ShortOptions(
            call.Arguments, "nvAETetu",
            [("number", 'n'), ("show-nonprinting", 'v'), ("show-all", 'A'), ("show-ends", 'E'), ("show-tabs", 'T')], seeHelp: "cat")),
    };

    public override void Take(ReadOnlySpan<byte> bytes)
    {
        if (!_isNumbered && !_isVisible && !_showsEnds && !_showsTabs)
        {
            Call.Out.Write(bytes);
            return;
        }

        var text = new MemoryStream(bytes.Length * 2);
        foreach (var letter in bytes)
        {
            if (_isNumbered && !_isInLine)
            {
                _line++;
                text.Write(System.Text.Encoding.ASCII.GetBytes(_line.ToString(CultureInfo.InvariantCulture).PadLeft(NumberWidth) + "\t"));
            }

            _isInLine = letter != '\n';
            Add(text, letter);
        }

        Call.Out.Write(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    protected override int Conclude() => HasFailed ? 1 : 0;

    private void Add(MemoryStream text, byte letter)
    {
        switch (letter)
        {
            case (byte)'\n':
                text.Write(_showsEnds ? "$\n"u8 : "\n"u8);
                return;
            case (byte)'\t':
                text.Write(_showsTabs ? "^I"u8 : "\t"u8);
                return;
            case >= 128 when _isVisible:
                text.Write("M-"u8);
                letter -= 128;
                break;
            default:
                break;
        }

        if (_isVisible && letter is < 32 or 127)
        {
            text.WriteByte((byte)'^');
            letter ^= 64;
        }

        text.WriteByte(letter);
    }
}
