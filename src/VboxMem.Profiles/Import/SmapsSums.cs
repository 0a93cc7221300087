using System.Text;
using VboxMem.Tools;
using VboxMem.Tools.Parsing;
using VboxMem.Workloads.BuildingBlocks;

namespace VboxMem.Profiles.Import;

/// <summary>Sums over <c>/proc/PID/smaps</c> or its rollup, in kB.</summary>
internal sealed record SmapsSums
{
    /// <summary>Pss_File of the rollup; null: the kernel does not say.</summary>
    public ulong? FileShareKilobytes { get; private set; }

    public ulong? ShmemShareKilobytes { get; private set; }

    /// <summary>Anonymous memory that other processes map too; of files, what of them is both copied and shared.</summary>
    public ulong SharedAnonKilobytes { get; private set; }

    /// <summary>Resident of the file that replicas of different programs share.</summary>
    public ulong SharedFileKilobytes { get; private set; }

    public ulong SharedMemoryKilobytes { get; private set; }

    /// <exception cref="ProcFormatException">A line that is needed is malformed.</exception>
    public static SmapsSums ParseRollup(ReadOnlySpan<byte> text, string path)
    {
        var sums = new SmapsSums();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);
            if (name.SequenceEqual("Pss_File:"u8)) sums.FileShareKilobytes = reader.TakeNumber("Pss_File");
            if (name.SequenceEqual("Pss_Shmem:"u8)) sums.ShmemShareKilobytes = reader.TakeNumber("Pss_Shmem");
        }

        return sums;
    }

    /// <exception cref="ProcFormatException">A line that is needed is malformed.</exception>
    public static SmapsSums Parse(ReadOnlySpan<byte> text, string path)
    {
        var sums = new SmapsSums();
        var area = "";
        var dirty = 0UL;
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);
            if (name.IsEmpty || name[^1] != (byte)':') area = NameOf(reader.Rest);
            else if (name.SequenceEqual("Rss:"u8)) sums.AddResident(area, reader.TakeNumber("Rss"));
            else if (name.SequenceEqual("Shared_Clean:"u8)) sums.AddShared(area, reader.TakeNumber("Shared_Clean"));
            else if (name.SequenceEqual("Shared_Dirty:"u8)) sums.AddShared(area, dirty = reader.TakeNumber("Shared_Dirty"));
            else if (name.SequenceEqual("Anonymous:"u8)) sums.AddCopied(area, Math.Min(dirty, reader.TakeNumber("Anonymous")));
        }

        return sums;
    }

    /// <summary>What an area is called: behind rights, offset, device and inode. Empty: it is anonymous.</summary>
    private static string NameOf(ReadOnlySpan<byte> rest)
    {
        var line = Encoding.UTF8.GetString(rest).Trim();
        var fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 4 ? fields[4].Trim() : fields.Length == 4 && fields[3] != "0" ? "?" : "";
    }

    private void AddResident(string area, ulong kilobytes)
    {
        SharedFileKilobytes += area == ReplicaFiles.SharedFile ? kilobytes : 0;
        SharedMemoryKilobytes += area == ReplicaFiles.SharedMemory ? kilobytes : 0;
    }

    private static bool IsAnonymous(string area) => area.Length == 0 || area[0] == '[';

    private void AddShared(string area, ulong kilobytes) => SharedAnonKilobytes += IsAnonymous(area) ? kilobytes : 0;

    /// <summary>Of a private mapping of a file, pages that were written; a fork shares them.</summary>
    private void AddCopied(string area, ulong kilobytes) => SharedAnonKilobytes += IsAnonymous(area) ? 0 : kilobytes;
}
