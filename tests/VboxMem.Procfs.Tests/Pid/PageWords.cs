using System.Buffers.Binary;
using System.Globalization;
using VboxMem.FileTree;

namespace VboxMem.Procfs.Tests.Pid;

/// <summary>Words of pagemap, read as a program reads them, and what their bits say.</summary>
internal static class PageWords
{
    public const ulong Present = 1UL << 63;
    public const ulong Swapped = 1UL << 62;
    public const ulong File = 1UL << 61;
    public const ulong Exclusive = 1UL << 56;
    public const ulong SoftDirty = 1UL << 55;
    public const ulong Frame = (1UL << 55) - 1;

    public static ulong[] Of(Box box, int pid, ulong firstPage, ulong pages)
    {
        Assert.Equal(Errno.None, box.Tree.TryReadAt(Path(pid), (long)firstPage * 8, (int)pages * 8, out var content));
        var words = new ulong[content.Length / 8];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(content.Span[(i * 8)..]);
        }

        return words;
    }

    /// <summary>The word of one address.</summary>
    public static ulong At(Box box, Kernel.Sched.Process task, ulong address) => Of(box, task.Pid, address >> 12, 1)[0];

    public static string Path(int pid) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/pagemap");

    public static bool Has(this ulong word, ulong bits) => (word & bits) == bits;
}
