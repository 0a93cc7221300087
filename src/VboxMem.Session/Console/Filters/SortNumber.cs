namespace VboxMem.Session.Console.Filters;

/// <summary>Numbers as sort -n and -h compare them, digit by digit: none is too long.</summary>
internal static class SortNumber
{
    /// <summary>Powers by their letters, for -h.</summary>
    private const string Powers = "KMGTPEZYRQ";

    public static int Compare(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, bool isHuman)
    {
        var first = new Number(one, isHuman);
        var second = new Number(other, isHuman);
        if (first.Sign != second.Sign)
        {
            return first.Sign.CompareTo(second.Sign);
        }

        var result = first.Power != second.Power ? first.Power.CompareTo(second.Power)
            : first.Whole.Length != second.Whole.Length ? first.Whole.Length.CompareTo(second.Whole.Length)
            : first.Whole.SequenceCompareTo(second.Whole) is var whole and not 0 ? whole
            : first.Fraction.SequenceCompareTo(second.Fraction);
        return first.Sign < 0 ? -result : result;
    }

    /// <summary>A number at the start of a text, blanks in front of it skipped; 0 where there is none.</summary>
    private readonly ref struct Number
    {
        public Number(ReadOnlySpan<byte> text, bool isHuman)
        {
            text = text.TrimStart(" \t"u8);
            var isNegative = text is [(byte)'-', ..];
            text = isNegative ? text[1..] : text;
            var whole = Digits(text);
            Whole = text[..whole].TrimStart((byte)'0');
            text = text[whole..];
            Fraction = [];
            if (text is [(byte)'.', ..])
            {
                var length = Digits(text[1..]);
                Fraction = text[1..(length + 1)].TrimEnd((byte)'0');
                text = text[(length + 1)..];
            }

            var isZero = Whole.IsEmpty && Fraction.IsEmpty;
            Sign = isZero ? 0 : isNegative ? -1 : 1;
            Power = !isHuman || isZero || text.IsEmpty ? 0 : text[0] == 'k' ? 1 : Powers.IndexOf((char)text[0], StringComparison.Ordinal) + 1;
        }

        public int Sign { get; }

        public int Power { get; }

        public ReadOnlySpan<byte> Whole { get; }

        public ReadOnlySpan<byte> Fraction { get; }

        private static int Digits(ReadOnlySpan<byte> text)
        {
            var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            return end < 0 ? text.Length : end;
        }
    }
}
