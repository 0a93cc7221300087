using System.Buffers.Text;
using System.Text;

namespace VboxMem.Kernel.Virtual;

/// <summary>
/// One file of /sys/kernel/mm/transparent_hugepage that holds a setting: a choice of words, or a number
/// (facts: physical memory, 6.1).
/// </summary>
/// <param name="Path">Below transparent_hugepage.</param>
/// <param name="Words">What may be chosen, in the order shown; empty for a number.</param>
/// <param name="Minimum">Smallest number taken.</param>
/// <param name="Maximum">Largest number taken.</param>
/// <param name="Default">Number, or index of the word, on a machine of 512 MiB or more.</param>
/// <param name="SmallMachineDefault">The same below 512 MiB, where the kernel switches huge pages off.</param>
/// <param name="DecidesKhugepaged">A write starts or stops khugepaged, and min_free_kbytes is worked out anew.</param>
public sealed record ThpSetting(
    string Path, IReadOnlyList<string> Words, uint Minimum, uint Maximum, uint Default, uint SmallMachineDefault, bool DecidesKhugepaged = false)
{
    /// <summary>Reads the text of one write(2): a word or a decimal number, and perhaps a newline.</summary>
    /// <returns>False where Linux answers EINVAL.</returns>
    public bool TryParse(ReadOnlySpan<byte> text, out uint value)
    {
        if (text is [.., (byte)'\n'])
        {
            text = text[..^1];
        }

        if (Words.Count == 0)
        {
            return Utf8Parser.TryParse(text, out value, out var length) && length == text.Length && value >= Minimum && value <= Maximum;
        }

        for (value = 0; value < Words.Count; value++)
        {
            if (text.SequenceEqual(Encoding.ASCII.GetBytes(Words[(int)value])))
            {
                return true;
            }
        }

        return false;
    }
}
