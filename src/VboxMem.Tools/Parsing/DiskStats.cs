using System.Text;

namespace VboxMem.Tools.Parsing;

/// <summary>One disk or partition since boot. A sector is 512 bytes whatever the disk's own are.</summary>
public sealed record DiskCounters(
    uint Major, uint Minor, string Name,
    ulong Reads, ulong ReadMerges, ulong ReadSectors, ulong ReadMilliseconds,
    ulong Writes, ulong WriteMerges, ulong WriteSectors, ulong WriteMilliseconds,
    ulong InFlight, ulong BusyMilliseconds, ulong WeightedMilliseconds);

/// <summary><c>/proc/diskstats</c> in the file's order. The discard and flush columns of newer kernels are not kept.</summary>
public sealed record DiskStats(IReadOnlyList<DiskCounters> Disks)
{
    public const string Path = "/proc/diskstats";

    /// <exception cref="ProcFormatException">A line has not at least major, minor, name and 11 numbers.</exception>
    public static DiskStats Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var disks = new List<DiskCounters>();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine()) disks.Add(TakeDisk(ref reader));
        return new DiskStats(disks);
    }

    private static DiskCounters TakeDisk(ref LineReader reader)
    {
        var major = TakeDeviceNumber(ref reader, "the major number");
        var minor = TakeDeviceNumber(ref reader, "the minor number");
        if (!reader.TryTakeField(out var name)) throw reader.Malformed("the line ends before the name of the disk");
        var disk = new DiskCounters(
            major, minor, Encoding.UTF8.GetString(name),
            reader.TakeNumber("reads"), reader.TakeNumber("merged reads"),
            reader.TakeNumber("sectors read"), reader.TakeNumber("time of reads"),
            reader.TakeNumber("writes"), reader.TakeNumber("merged writes"),
            reader.TakeNumber("sectors written"), reader.TakeNumber("time of writes"),
            reader.TakeNumber("requests in flight"), reader.TakeNumber("busy time"), reader.TakeNumber("weighted time"));
        while (reader.TakeNumberIfAny("a discard or flush column") is not null)
        {
        }

        return disk;
    }

    private static uint TakeDeviceNumber(ref LineReader reader, string what)
    {
        var number = reader.TakeNumber(what);
        return number <= uint.MaxValue ? (uint)number : throw reader.Malformed($"{what} is {number}, allowed are 0 to {uint.MaxValue}");
    }
}
