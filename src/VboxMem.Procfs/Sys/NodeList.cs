namespace VboxMem.Procfs.Sys;

/// <summary>Sets of CPUs or nodes as sysfs prints them.</summary>
/// <remarks>lib/bitmap-str.c: the list form (<c>0-2,4</c>) and the mask form (hexadecimal, commas every 32 bits).</remarks>
internal static class NodeList
{
    private const int BitsPerGroup = 32;

    /// <summary>Writes the list form and a newline.</summary>
    public static void RenderList(ReadOnlySpan<bool> members, ProcText text)
    {
        var isFirst = true;
        for (var start = 0; start < members.Length; start++)
        {
            if (!members[start])
            {
                continue;
            }

            var end = start;
            while (end + 1 < members.Length && members[end + 1])
            {
                end++;
            }

            text.Literal(isFirst ? default : ","u8).Number((long)start);
            if (end > start)
            {
                text.Literal("-"u8).Number((long)end);
            }

            isFirst = false;
            start = end;
        }

        text.NewLine();
    }

    /// <summary>Writes the mask form and a newline; as wide as there are members, four to a digit.</summary>
    public static void RenderMask(ReadOnlySpan<bool> members, ProcText text)
    {
        AppendMask(members, text);
        text.NewLine();
    }

    /// <summary>Writes the mask form alone.</summary>
    public static void AppendMask(ReadOnlySpan<bool> members, ProcText text)
    {
        for (var group = (members.Length - 1) / BitsPerGroup; group >= 0; group--)
        {
            var bits = members[(group * BitsPerGroup)..Math.Min(members.Length, (group + 1) * BitsPerGroup)];
            var mask = 0UL;
            for (var bit = 0; bit < bits.Length; bit++)
            {
                mask |= bits[bit] ? 1UL << bit : 0;
            }

            text.Hexadecimal(mask, (bits.Length + 3) / 4).Literal(group > 0 ? ","u8 : ""u8);
        }
    }
}
