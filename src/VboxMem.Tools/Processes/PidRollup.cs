using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Processes;

/// <summary>
/// The sizes of an area in <c>/proc/PID/smaps</c>, or of all in <c>smaps_rollup</c>, in kB. A line the file has not counts 0.
/// </summary>
public struct PidRollup
{
    public ulong Rss, Pss, PssDirty, PssAnon, PssFile, PssShmem;

    public ulong SharedClean, SharedDirty, PrivateClean, PrivateDirty;

    public ulong Referenced, Anonymous, Ksm, LazyFree;

    public ulong AnonHugePages, ShmemPmdMapped, FilePmdMapped, SharedHugetlb, PrivateHugetlb;

    public ulong Swap, SwapPss, Locked;

    /// <summary>Whether the kernel divides Pss into anonymous, of files and shared, as 5.4 and later do in the rollup.</summary>
    public bool HasPssKinds;

    /// <summary>The unique set size: what ends with the process.</summary>
    public readonly ulong Uss => unchecked(PrivateClean + PrivateDirty);

    /// <summary>Parses <c>smaps_rollup</c>; its first line names the range and is passed over.</summary>
    /// <exception cref="ProcFormatException">A line is no <c>Name: NUMBER kB</c>.</exception>
    public static PidRollup Parse(ReadOnlySpan<byte> text, string path)
    {
        var rollup = new PidRollup();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            if (!IsSize(reader.Rest)) continue;
            var name = reader.TakeUpTo((byte)':');
            rollup.Add(name, reader.TakeNumber("the size"));
        }

        return rollup;
    }

    /// <summary>Area lines begin with an address in small hexadecimal digits, lines of sizes with a capital.</summary>
    internal static bool IsSize(ReadOnlySpan<byte> line) => line.Length > 0 && line[0] is >= (byte)'A' and <= (byte)'Z';

    /// <summary>Adds one line of sizes; a name that is not known is passed over.</summary>
    internal void Add(ReadOnlySpan<byte> name, ulong kilobytes)
    {
        unchecked
        {
            if (name.StartsWith("Pss"u8) || name.StartsWith("Swap"u8) || name.SequenceEqual("Rss"u8)) AddSize(name, kilobytes);
            else if (name.SequenceEqual("Shared_Clean"u8)) SharedClean += kilobytes;
            else if (name.SequenceEqual("Shared_Dirty"u8)) SharedDirty += kilobytes;
            else if (name.SequenceEqual("Private_Clean"u8)) PrivateClean += kilobytes;
            else if (name.SequenceEqual("Private_Dirty"u8)) PrivateDirty += kilobytes;
            else if (name.SequenceEqual("Referenced"u8)) Referenced += kilobytes;
            else if (name.SequenceEqual("Anonymous"u8)) Anonymous += kilobytes;
            else if (name.SequenceEqual("KSM"u8)) Ksm += kilobytes;
            else if (name.SequenceEqual("LazyFree"u8)) LazyFree += kilobytes;
            else if (name.SequenceEqual("Locked"u8)) Locked += kilobytes;
            else AddHuge(name, kilobytes);
        }
    }

    private void AddSize(ReadOnlySpan<byte> name, ulong kilobytes)
    {
        unchecked
        {
            HasPssKinds |= name.SequenceEqual("Pss_File"u8);
            if (name.SequenceEqual("Rss"u8)) Rss += kilobytes;
            else if (name.SequenceEqual("Pss"u8)) Pss += kilobytes;
            else if (name.SequenceEqual("Pss_Dirty"u8)) PssDirty += kilobytes;
            else if (name.SequenceEqual("Pss_Anon"u8)) PssAnon += kilobytes;
            else if (name.SequenceEqual("Pss_File"u8)) PssFile += kilobytes;
            else if (name.SequenceEqual("Pss_Shmem"u8)) PssShmem += kilobytes;
            else if (name.SequenceEqual("Swap"u8)) Swap += kilobytes;
            else if (name.SequenceEqual("SwapPss"u8)) SwapPss += kilobytes;
        }
    }

    private void AddHuge(ReadOnlySpan<byte> name, ulong kilobytes)
    {
        unchecked
        {
            if (name.SequenceEqual("AnonHugePages"u8)) AnonHugePages += kilobytes;
            else if (name.SequenceEqual("ShmemPmdMapped"u8)) ShmemPmdMapped += kilobytes;
            else if (name.SequenceEqual("FilePmdMapped"u8)) FilePmdMapped += kilobytes;
            else if (name.SequenceEqual("Shared_Hugetlb"u8)) SharedHugetlb += kilobytes;
            else if (name.SequenceEqual("Private_Hugetlb"u8)) PrivateHugetlb += kilobytes;
        }
    }
}
