// Sizes in bytes within a range, in steps.

namespace VboxMem.Profiles.Rules;

internal sealed class SizeRule(ulong minimum, ulong maximum, ulong step = 1) : ValueRule<ulong>
{
    public override string TypeName => "size";

    public override string Unit => "bytes";

    public override string Allowed =>
        $"{ByteSize.Format(minimum)}..{ByteSize.Format(maximum)}" + (step > 1 ? $" in steps of {ByteSize.Format(step)}" : "");

    public override bool TakesNumber => true;

    public override bool TryRead(string text, out ulong value, out string problem)
    {
        problem = ByteSize.Read(text, out value) switch
        {
            ByteSizeReading.Malformed => "not a size such as 512MiB, 8GiB, 64k",
            ByteSizeReading.TooLarge => "out of range",
            _ when value < minimum || value > maximum => "out of range",
            _ when value % step != 0 => $"not a multiple of {ByteSize.Format(step)}",
            _ => "",
        };
        return problem.Length == 0;
    }

    public override string Format(ulong value) => ByteSize.Format(value);
}
