using System.Text;
using VboxMem.Tools;
using VboxMem.Tools.Processes;
using VboxMem.Workloads.BuildingBlocks;

namespace VboxMem.Profiles.Import;

/// <summary>What a process has in common with others, by its smaps.</summary>
/// <param name="AnonKilobytes">Anonymous memory that other processes map too; of files, what of them is both copied and shared.</param>
/// <param name="FileKilobytes">Resident of the file that replicas of different programs share.</param>
/// <param name="ShmemKilobytes">Resident of the shared memory that they share.</param>
internal sealed record SharedMemory(ulong AnonKilobytes, ulong FileKilobytes, ulong ShmemKilobytes)
{
    /// <exception cref="ProcFormatException">A line of smaps is malformed.</exception>
    public static SharedMemory Of(ProcessRecord process)
    {
        var (anon, file, shmem) = (0UL, 0UL, 0UL);
        foreach (var area in MapArea.Parse(process.Smaps, process.Paths.Of(ProcessFiles.Smaps)))
        {
            anon += SharedAnon(area);
            var name = Encoding.UTF8.GetString(area.Name.Span);
            if (name == ReplicaFiles.SharedFile) file += area.Kilobytes("Rss");
            if (name == ReplicaFiles.SharedMemory) shmem += area.Kilobytes("Rss");
        }

        return new SharedMemory(anon, file, shmem);
    }

    /// <summary>Of a private mapping of a file these are pages that were written; a fork shares them.</summary>
    private static ulong SharedAnon(MapArea area) => IsAnonymous(area)
        ? area.Kilobytes("Shared_Clean") + area.Kilobytes("Shared_Dirty")
        : Math.Min(area.Kilobytes("Shared_Dirty"), area.Kilobytes("Anonymous"));

    private static bool IsAnonymous(MapArea area) => area.Name.IsEmpty ? area.Inode == 0 : area.Name.Span[0] == '[';
}
