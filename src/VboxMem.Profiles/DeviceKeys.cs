// The keys of disks, swap areas, file systems and of what the kernel's work costs.

using System.Globalization;
using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Profiles.Rules;

namespace VboxMem.Profiles;

internal static class DeviceKeys
{
    private const int MaxDisks = 8;
    private const ulong MiB = 1UL << 20;
    private const ulong TiB = 1UL << 40;
    private const ulong MaxNanoseconds = 1_000_000_000;

    internal static readonly ListKey Disks = new(MaxDisks)
    {
        Path = "machine:disks", DefaultNote = "empty: no disk", Meaning = "The disks, in the order of vda, vdb, …",
    };

    internal static readonly ScalarKey<ulong> DiskSize = new(new SizeRule(MiB, 64 * TiB, MiB))
    {
        Path = "machine:disks:#:size", Meaning = "Its size.",
    };

    internal static readonly ScalarKey<ulong> DiskRead = new(new SizeRule(64 << 10, TiB))
    {
        Path = "machine:disks:#:read_per_second", Default = "500MiB", Meaning = "Bytes read in a second.",
    };

    internal static readonly ScalarKey<ulong> DiskWrite = new(new SizeRule(64 << 10, TiB))
    {
        Path = "machine:disks:#:write_per_second", Default = "250MiB", Meaning = "Bytes written in a second.",
    };

    internal static readonly ScalarKey<ulong> DiskLatency = new(new WholeNumberRule(0, 10_000_000, "µs"))
    {
        Path = "machine:disks:#:latency_us", Default = "200", Meaning = "From the end of a transfer to its completion.",
    };

    internal static readonly ScalarKey<ulong> DiskSeek = new(new WholeNumberRule(0, 10_000_000, "µs"))
    {
        Path = "machine:disks:#:seek_us", Default = "0", Meaning = "Before a transfer that does not go on where the last one ended.",
    };

    internal static readonly ScalarKey<ulong> DiskRotational = new(new WholeNumberRule(0, 1))
    {
        Path = "machine:disks:#:rotational", Default = "1",
        Meaning = "What it says of itself (queue/rotational); virtio disks say 1. Swap allocation and readahead follow it.",
    };

    internal static readonly ListKey Swaps = new(MaxDisks)
    {
        Path = "machine:swap", DefaultNote = "empty: no swap", Meaning = "Disks that are swap areas, put into use in this order at the end of boot.",
    };

    internal static readonly ScalarKey<string> SwapDisk = new(TextRule.Ascii(3, 3))
    {
        Path = "machine:swap:#:disk", Meaning = "The disk: vda, vdb, …",
    };

    internal static readonly ScalarKey<int> SwapPriority = new(new SignedNumberRule(-1, 32767))
    {
        Path = "machine:swap:#:priority", Default = "-1", Meaning = "Higher is used first; -1: the next lower one that the kernel gives (-2, -3, …).",
    };

    internal static readonly ListKey Mounts = new(32)
    {
        Path = "machine:mounts", DefaultNote = "empty: a tmpfs at /",
        Meaning = "File systems. A file is on the one with the longest path that its own begins with.",
    };

    internal static readonly ScalarKey<string> MountPath = new(TextRule.Ascii(1, 255))
    {
        Path = "machine:mounts:#:path", Meaning = "Where it is mounted: /, /mnt.",
    };

    internal static readonly ScalarKey<string> MountDisk = new(TextRule.Ascii(0, 3))
    {
        Path = "machine:mounts:#:disk", Default = "", Meaning = "The disk that the ext4 file system is on; empty: tmpfs.",
    };

    private static readonly (string Name, Func<Costs, uint> Read, Func<Costs, uint, Costs> With, string Meaning)[] _costs =
    [
        (nameof(Costs.SystemCall), c => c.SystemCall, (c, v) => c with { SystemCall = v }, "Entering and leaving the kernel."),
        (nameof(Costs.ContextSwitch), c => c.ContextSwitch, (c, v) => c with { ContextSwitch = v }, "A context switch."),
        (nameof(Costs.AnonymousFault), c => c.AnonymousFault, (c, v) => c with { AnonymousFault = v }, "Minor fault on fresh anonymous memory, 4 KiB."),
        (nameof(Costs.MinorFault), c => c.MinorFault, (c, v) => c with { MinorFault = v }, "Any other minor fault."),
        (nameof(Costs.CopyFault), c => c.CopyFault, (c, v) => c with { CopyFault = v }, "Minor fault that copies a page."),
        (nameof(Costs.HugeFault), c => c.HugeFault, (c, v) => c with { HugeFault = v }, "Huge-page fault: zeroing 2 MiB."),
        (nameof(Costs.UnmapPage), c => c.UnmapPage, (c, v) => c with { UnmapPage = v }, "Unmapping a resident page."),
        (nameof(Costs.ForkPage), c => c.ForkPage, (c, v) => c with { ForkPage = v }, "Copying a page-table entry at fork."),
        (nameof(Costs.Fork), c => c.Fork, (c, v) => c with { Fork = v }, "Making a task."),
        (nameof(Costs.CloneThread), c => c.CloneThread, (c, v) => c with { CloneThread = v }, "Making a thread of a process."),
        (nameof(Costs.CopyPage), c => c.CopyPage, (c, v) => c with { CopyPage = v }, "Copying a cached page to or from a program."),
        (nameof(Costs.CacheInsert), c => c.CacheInsert, (c, v) => c with { CacheInsert = v }, "Putting a page into the page cache, or starting its write."),
        (nameof(Costs.NameLookup), c => c.NameLookup, (c, v) => c with { NameLookup = v }, "Looking a name up."),
        (nameof(Costs.FileCreate), c => c.FileCreate, (c, v) => c with { FileCreate = v }, "Making a file."),
        (nameof(Costs.ScanPage), c => c.ScanPage, (c, v) => c with { ScanPage = v }, "Reclaim looks at a page and keeps it."),
        (nameof(Costs.DeactivatePage), c => c.DeactivatePage, (c, v) => c with { DeactivatePage = v }, "Moving a page that nobody maps from an active to an inactive list."),
        (nameof(Costs.ScanNode), c => c.ScanNode, (c, v) => c with { ScanNode = v }, "Reclaim takes up a node, besides the pages it looks at."),
        (nameof(Costs.ReclaimCleanPage), c => c.ReclaimCleanPage, (c, v) => c with { ReclaimCleanPage = v }, "Reclaim frees a clean page that nobody maps."),
        (nameof(Costs.ReclaimMappedPage), c => c.ReclaimMappedPage, (c, v) => c with { ReclaimMappedPage = v }, "Reclaim unmaps a page."),
        (nameof(Costs.TlbShootdown), c => c.TlbShootdown, (c, v) => c with { TlbShootdown = v }, "Reclaim makes CPUs drop translations of what it unmapped, where the process runs: for it, and for each of them."),
        (nameof(Costs.SplitPage), c => c.SplitPage, (c, v) => c with { SplitPage = v }, "Splitting a huge page, for each page of it."),
        (nameof(Costs.SwapOut), c => c.SwapOut, (c, v) => c with { SwapOut = v }, "Swap-out of a page besides the device."),
        (nameof(Costs.SwapIn), c => c.SwapIn, (c, v) => c with { SwapIn = v }, "Swap-in of a page besides the device."),
        (nameof(Costs.ShrinkObject), c => c.ShrinkObject, (c, v) => c with { ShrinkObject = v }, "A shrinker looks at an object."),
        (nameof(Costs.MigratePage), c => c.MigratePage, (c, v) => c with { MigratePage = v }, "Moving a page to another frame."),
        (nameof(Costs.CompactScanPage), c => c.CompactScanPage, (c, v) => c with { CompactScanPage = v }, "Compaction looks at a page."),
        (nameof(Costs.OomKill), c => c.OomKill, (c, v) => c with { OomKill = v }, "Choosing a victim of the OOM killer and writing the report."),
        (nameof(Costs.TouchPage), c => c.TouchPage, (c, v) => c with { TouchPage = v }, "A program's access to a page it has."),
    ];

    /// <summary>All of them, in the order of the reference.</summary>
    internal static IReadOnlyList<ProfileKey> All { get; } =
    [
        Disks, DiskSize, DiskRead, DiskWrite, DiskLatency, DiskSeek, DiskRotational,
        Swaps, SwapDisk, SwapPriority,
        Mounts, MountPath, MountDisk,
        .. _costs.Select(cost => new ScalarKey<ulong>(new WholeNumberRule(0, MaxNanoseconds, "ns"))
        {
            Path = $"machine:costs:{SnakeCase(cost.Name)}",
            Default = cost.Read(new Costs()).ToString(CultureInfo.InvariantCulture),
            Meaning = cost.Meaning,
            Bind = (machine, nanoseconds) => machine with { Costs = cost.With(machine.Costs, (uint)nanoseconds) },
        }),
    ];

    /// <summary>Index of a disk by its name; -1 if no disk can be called so.</summary>
    internal static int IndexOfDisk(string name) =>
        name.Length == 3 && name.StartsWith("vd", StringComparison.Ordinal) && name[2] is >= 'a' and < (char)('a' + MaxDisks) ? name[2] - 'a' : -1;

    internal static string DiskName(int index) => $"vd{(char)('a' + index)}";

    private static string SnakeCase(string name)
    {
        var words = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && words.Length > 0) words.Append('_');
            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }
}
