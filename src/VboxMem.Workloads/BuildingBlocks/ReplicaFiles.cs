// What replicas map, and where: the places of their memory, the files they share, and what they are called.

using System.Globalization;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Files, addresses and names of replicas.</summary>
public static class ReplicaFiles
{
    /// <summary>The file that stands for the libraries processes of different programs have in common.</summary>
    public const string SharedFile = "/usr/lib/replica/shared";

    /// <summary>The shared memory that processes of different programs have in common.</summary>
    public const string SharedMemory = "/dev/shm/replica-shared";

    /// <summary>File pages that a replica has before it maps any: of its executable.</summary>
    public const ulong ImageFilePages = 1;

    /// <summary>The executable of the program that fills the totals up.</summary>
    public const string FillerExecutable = "/usr/local/bin/totals";

    internal const string FillerFolder = "/var/tmp/totals";
    internal const string FillerDirty = "/var/tmp/totals/dirty";
    internal const string FillerCached = "/var/tmp/totals/cached";
    internal const string FillerShmem = "/dev/shm/totals";

    internal const ulong SwapBase = 0x1000_0000_0000;
    internal const ulong AnonBase = 0x2000_0000_0000;

    private const string OwnFiles = "/usr/lib/replica";
    private const string OwnMemory = "/dev/shm/replica";
    private const ulong PageBytes = 4096;
    private const ulong Kilobyte = 1024;
    private const ulong FirstPart = 0x1100_0000_0000;
    private const ulong PartSpan = 0x0100_0000_0000;

    /// <summary>The executable of a group's processes.</summary>
    public static string ExecutableOf(GroupConfiguration group) =>
        group.Parameters.Path.Length > 0 ? group.Parameters.Path : "/usr/local/bin/" + group.Name;

    internal static ulong PartBase(int part) => FirstPart + ((ulong)part * PartSpan);

    /// <summary>
    /// Whether it is the parent that starts the processes of a group: where they share memory with it, or where it is itself started
    /// by its parent. All others are there from the start.
    /// </summary>
    public static bool IsStartedByParent(IReadOnlyList<GroupConfiguration> groups, GroupConfiguration group)
    {
        for (var depth = 0; depth < groups.Count && group.Parent.Length > 0; depth++)
        {
            if (group.Parameters.Replica.InheritedBytes > 0)
            {
                return true;
            }

            group = groups.First(other => other.Name == group.Parent);
        }

        return false;
    }

    internal static ProgramImage ImageOf(GroupConfiguration group) => new(
        ExecutableOf(group), TextBytes: PageBytes, ReadOnlyBytes: 0, DataBytes: 0, BssBytes: 0, StartedBytes: PageBytes, DirtiedBytes: 0,
        Libraries: [], Name: group.Parameters.Replica.Comm.Length > 0 ? group.Parameters.Replica.Comm : group.Name)
    {
        HasFixedAddress = true,
    };

    internal static string CommandLineOf(GroupConfiguration group) =>
        string.Concat(group.Parameters.Replica.Arguments.Split('\n').SkipLast(1).Select(static argument => ArgumentText.Unescape(argument) + '\0'));

    /// <summary>The arguments of the program that fills the totals up: what each total is to be, in kB.</summary>
    internal static string FillerCommandLine(ReplicaParameters wanted)
    {
        (string Name, ulong Bytes)[] totals =
        [
            ("cached", wanted.CachedBytes), ("buffers", wanted.BuffersBytes), ("shmem", wanted.ShmemBytes), ("dirty", wanted.DirtyBytes),
            ("reclaimable", wanted.ReclaimableBytes), ("unreclaimable", wanted.UnreclaimableBytes), ("swapped", wanted.SwappedBytes),
        ];
        return FillerExecutable + '\0' + string.Concat(totals.Select(static total =>
            string.Create(CultureInfo.InvariantCulture, $"{total.Name}={total.Bytes / Kilobyte}kB\0")));
    }

    internal static string PathOf(GroupConfiguration group, int part) => (PartPages.IsFile(part), PartPages.IsShared(part)) switch
    {
        (true, true) => SharedFile,
        (false, true) => SharedMemory,
        (true, false) => OwnFiles + ExecutableOf(group),
        _ => OwnMemory + ExecutableOf(group).Replace('/', '-'),
    };

    /// <summary>Size of a part's file: what the largest of those that map it needs.</summary>
    internal static ulong SizeOf(ProgramSetting setting, int part)
    {
        var path = PathOf(setting.Group, part);
        var bytes = NeedOf(setting.Group, part);
        foreach (var group in setting.Groups)
        {
            if (group.Program == setting.Group.Program && PathOf(group, part) == path)
            {
                bytes = Math.Max(bytes, NeedOf(group, part));
            }
        }

        return bytes;
    }

    private static ulong NeedOf(GroupConfiguration group, int part)
    {
        var sizes = group.Parameters.Replica;
        var (all, shared) = PartPages.IsFile(part) ? (sizes.FileBytes, sizes.SharedFileBytes) : (sizes.ShmemBytes, sizes.SharedShmemBytes);
        shared = Math.Min(all, shared);
        return PartPages.IsShared(part) ? shared : all - shared;
    }
}
