// What one write to a file of /proc/sys asks for, once its text has been read: numbers to store, or nothing.

using System.Runtime.CompilerServices;

namespace VboxMem.Kernel.Sysctl;

/// <summary>An accepted write: the numbers it stores, already within the range of the file.</summary>
/// <remarks>
/// <see cref="Count"/> 0 is a write that Linux accepts without storing anything: an empty write, any text for
/// <c>stat_refresh</c> and <c>numa_zonelist_order</c>, a <c>lowmem_reserve_ratio</c> whose first field is no number.
/// The file's side effects (recomputing reserves and so on) happen for such a write too.
/// </remarks>
public readonly struct SysctlWrite
{
    private readonly Fields _fields;

    internal SysctlWrite(Int128 number, bool complete)
    {
        Number = number;
        Count = 1;
        IsComplete = complete;
    }

    internal SysctlWrite(ReadOnlySpan<int> fields, bool complete)
    {
        fields.CopyTo(_fields);
        Number = fields.Length > 0 ? fields[0] : 0;
        Count = fields.Length;
        IsComplete = complete;
    }

    /// <summary>A write that stores nothing.</summary>
    internal static SysctlWrite Nothing(bool complete) => new([], complete);

    /// <summary>How many numbers are stored: 0, 1, or the leading fields of a vector that were given.</summary>
    public int Count { get; }

    /// <summary>The first number, in the unit of the file; 0 where <see cref="Count"/> is 0. Fits the file's own C type.</summary>
    public Int128 Number { get; }

    /// <summary>
    /// False when Linux dropped part of the text in silence: a second number, more fields than the vector has,
    /// a field that is no number. A configuration file should not say such things; the kernel does not mind.
    /// </summary>
    public bool IsComplete { get; }

    /// <summary>Field <paramref name="index"/> of a vector; fields from <see cref="Count"/> on were not given and keep their value.</summary>
    public int Field(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _fields[index];
    }

    [InlineArray(SysctlFile.VectorFields)]
    private struct Fields
    {
        private int _first;
    }
}
