// Numbers on the command line as procps reads them: strtol(3) for counts and delays, and for seconds a decimal number
// whose point does not depend on the language and which has no exponent.

using System.Globalization;

namespace VboxMem.Tools.Options;

internal static class NumberArgument
{
    private const string OutOfRange = "Numerical result out of range";

    /// <summary>A whole decimal number, white space and a sign before it allowed.</summary>
    /// <exception cref="ToolException">"<paramref name="complaint"/>: 'text'", with the reason when it does not fit 64 bits.</exception>
    internal static long Whole(string text, string complaint)
    {
        var digits = text.AsSpan().TrimStart(" \t\n\v\f\r");
        var unsigned = digits.Length > 0 && digits[0] is '+' or '-' ? digits[1..] : digits;
        if (unsigned.IsEmpty || unsigned.ContainsAnyExceptInRange('0', '9')) throw new ToolException($"{complaint}: '{text}'");
        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new ToolException($"{complaint}: '{text}': {OutOfRange}");
    }

    /// <summary>Seconds, such as <c>5</c>, <c>0.5</c> or <c>0,5</c>.</summary>
    /// <exception cref="ToolException">"<paramref name="complaint"/>: 'text'", with procps's reason where it gives one.</exception>
    internal static double Seconds(string text, string complaint)
    {
        if (text.Length == 0) throw new ToolException($"{complaint}: '{text}'");
        var digits = text.AsSpan().TrimStart(" \t\n\v\f\r");
        var isNegative = digits.Length > 0 && digits[0] == '-';
        if (digits.Length > 0 && digits[0] is '+' or '-') digits = digits[1..];

        var whole = LeadingDigits(ref digits);
        if (digits.IsEmpty) return Signed(whole, "");
        if (digits[0] is not ('.' or ',')) throw new ToolException($"{complaint}: '{text}': Invalid argument");

        digits = digits[1..];
        var fraction = LeadingDigits(ref digits);
        return digits.IsEmpty ? Signed(whole, fraction) : throw new ToolException($"{complaint}: '{text}'");

        double Signed(ReadOnlySpan<char> integer, ReadOnlySpan<char> behindPoint)
        {
            var value = double.Parse($"0{integer}.{behindPoint}0", CultureInfo.InvariantCulture);
            return isNegative ? -value : value;
        }
    }

    private static ReadOnlySpan<char> LeadingDigits(ref ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExceptInRange('0', '9');
        var taken = length < 0 ? text : text[..length];
        text = text[taken.Length..];
        return taken;
    }
}
