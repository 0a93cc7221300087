// One file of /proc/sys/vm: what it is called, who may open it, which texts it takes. Reading a text changes
// nothing: what the kernel then does with the number is another file's matter.
//
// Invariants
//   F1  A number that TryParse hands out is within Minimum..Maximum, or 0 where ZeroIsAllowed.
//   F2  Vector fields are never negative.
//
// Models   Linux 6.12: the vm tables and their proc_do*vec* handlers (facts: virtual memory and tools, 6.7).
// Departs  how much of the text was consumed is not said: Linux answers a write of "7 8" with 2 bytes and ignores the
//          rest when it is written again; here the write is one whole.

namespace VboxMem.Kernel.Sysctl;

/// <summary>How the text of a file of /proc/sys/vm is read.</summary>
public enum SysctlKind
{
    /// <summary>One signed 32-bit number.</summary>
    Signed32,

    /// <summary>One unsigned 64-bit number.</summary>
    Unsigned64,

    /// <summary>One 32-bit number; every number other than 0 is stored as 1.</summary>
    Boolean,

    /// <summary>One number a zone, in zone order; numbers below 1 are stored as 0, bad ones end the list in silence.</summary>
    ZoneVector,

    /// <summary>A word of which only the first letter counts: n or d, small or capital. Nothing is stored.</summary>
    ZonelistOrder,

    /// <summary>Any text at all: the write itself is the request.</summary>
    AnyText,
}

/// <summary>The description of one file of /proc/sys/vm.</summary>
public sealed class SysctlFile
{
    /// <summary>Fields of a vector: DMA, DMA32, Normal, Movable, Device.</summary>
    public const int VectorFields = 5;

    private const int MaxTextLength = 4095;

    /// <summary>Name within /proc/sys/vm.</summary>
    public required string Name { get; init; }

    /// <summary>Permission bits; the owner is root.</summary>
    public int Mode { get; init; } = 0b110_100_100;

    public SysctlKind Kind { get; init; } = SysctlKind.Signed32;

    /// <summary>Smallest number taken, in <see cref="Unit"/>.</summary>
    public Int128 Minimum { get; init; } = int.MinValue;

    /// <summary>Largest number taken, in <see cref="Unit"/>.</summary>
    public Int128 Maximum { get; init; } = int.MaxValue;

    /// <summary>True where 0 is taken although it lies below <see cref="Minimum"/>.</summary>
    public bool ZeroIsAllowed { get; init; }

    /// <summary>What the file reads after boot, without the newline; null where the kernel computes it from the machine.</summary>
    public string? Default { get; init; }

    /// <summary>Unit of the number, for people: "kB", "%", …; empty for a plain number or a switch.</summary>
    public string Unit { get; init; } = "";

    /// <summary>What the file is for, in one line.</summary>
    public required string Meaning { get; init; }

    /// <summary>Why the value acts on nothing in this kernel, though it is kept and read back; null where it acts.</summary>
    public string? WithoutEffect { get; init; }

    /// <summary>What it is for, and that it acts on nothing here where that is so.</summary>
    public string Description => WithoutEffect is null ? Meaning : $"{Meaning} Kept, acts on nothing here: {WithoutEffect}.";

    /// <summary>True for a file that starts something when written and holds no setting.</summary>
    public bool IsAction { get; init; }

    /// <summary>Whether anybody may read it. Nobody may read a file of mode 0200, and <c>sysctl -a</c> leaves it out.</summary>
    public bool IsReadable => (Mode & 0b100_000_000) != 0;

    /// <summary>What may be written, without blanks: "0..200", "0,8..2147483647", "Node,Default"; null: any text.</summary>
    public string? AllowedSet => Kind switch
    {
        SysctlKind.Boolean => "0..1",
        SysctlKind.ZoneVector => $"0..{int.MaxValue}",
        SysctlKind.ZonelistOrder => "Node,Default",
        SysctlKind.AnyText => null,
        _ when Minimum == Maximum => $"{Minimum}",
        _ => $"{(ZeroIsAllowed ? "0," : "")}{Minimum}..{Maximum}",
    };

    /// <summary>What may be written, for error messages: "0..200", "0 or >= 8".</summary>
    public string Allowed => Kind switch
    {
        SysctlKind.Boolean => "0 or 1 (any other whole number counts as 1)",
        SysctlKind.ZoneVector => "1 to 5 whole numbers, one a zone",
        SysctlKind.ZonelistOrder => "Node or Default",
        SysctlKind.AnyText => "anything",
        _ => AllowedRange,
    };

    private string AllowedRange
    {
        get
        {
            if (Minimum == Maximum) return $"only {Minimum}";
            if (ZeroIsAllowed && Maximum == int.MaxValue) return $"0 or >= {Minimum}";
            if (Minimum == int.MinValue && Maximum == int.MaxValue) return "any whole number of 32 bits";
            return ZeroIsAllowed ? $"0 or {Minimum}..{Maximum}" : $"{Minimum}..{Maximum}";
        }
    }

    /// <summary>Reads the text of one write(2).</summary>
    /// <returns>False where Linux answers EINVAL; nothing is to change then.</returns>
    public bool TryParse(ReadOnlySpan<byte> text, out SysctlWrite write)
    {
        write = SysctlWrite.Nothing(complete: true);
        if (Kind == SysctlKind.ZonelistOrder)
            return text.Length > 0 && text[0] is (byte)'n' or (byte)'N' or (byte)'d' or (byte)'D';
        if (text.IsEmpty || Kind == SysctlKind.AnyText) return true;

        text = text[..Math.Min(text.Length, MaxTextLength)];
        if (Kind == SysctlKind.ZoneVector)
        {
            write = ParseVector(text);
            return true;
        }

        text = SysctlNumber.SkipBlanks(text);
        if (!SysctlNumber.TryTake(ref text, out var number) || !Takes(number)) return false;
        if (Kind == SysctlKind.Boolean) number = number == 0 ? 0 : 1;
        write = new SysctlWrite(number, complete: SysctlNumber.SkipBlanks(text).IsEmpty);
        return true;
    }

    private bool Takes(Int128 number) =>
        number >= Minimum && number <= Maximum || ZeroIsAllowed && number == 0;

    private static SysctlWrite ParseVector(ReadOnlySpan<byte> text)
    {
        Span<int> fields = stackalloc int[VectorFields];
        var count = 0;
        text = SysctlNumber.SkipBlanks(text);
        while (count < VectorFields && SysctlNumber.TryTake(ref text, out var number))
        {
            if (number < int.MinValue || number > int.MaxValue)
                return new SysctlWrite(fields[..count], complete: false);
            fields[count++] = Math.Max(0, (int)number);
            text = SysctlNumber.SkipBlanks(text);
        }

        return new SysctlWrite(fields[..count], complete: text.IsEmpty && count > 0);
    }
}
