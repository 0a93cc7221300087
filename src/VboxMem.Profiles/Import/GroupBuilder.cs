// From the processes of a machine to the groups of a profile.

using System.Globalization;
using VboxMem.Workloads.BuildingBlocks;

namespace VboxMem.Profiles.Import;

internal sealed class GroupBuilder
{
    /// <summary>The group that fills the totals up.</summary>
    public const string TotalsName = "totals";

    private const int InitPid = 1;
    private const int LongestName = 31;
    private const int MostGroups = 4000;
    private const ulong KilobytesPerPage = 4;

    private readonly ImportSource _source;
    private readonly ImportedMachine _machine;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal) { TotalsName };
    private double _inheritedPart;

    private GroupBuilder(ImportSource source, ImportedMachine machine)
    {
        _source = source;
        _machine = machine;
    }

    public static IReadOnlyList<ImportedGroup> Build(ImportSource source, ImportedMachine machine, IReadOnlyList<ImportedProcess> processes) =>
        processes.Count == 0 ? [] : new GroupBuilder(source, machine).Build(processes);

    private List<ImportedGroup> Build(IReadOnlyList<ImportedProcess> processes)
    {
        processes = [.. processes.Select(static process => process with { Executable = PathOf(process) })];
        EstimateInherited(processes);
        var nodes = ProcessTree.Order(processes, InheritedPages);
        nodes = Fit(nodes);
        var files = nodes.Select(static node => Math.Max(node.Process.FilePages, node.InheritedPages > 0 ? 0 : ReplicaFiles.ImageFilePages)).ToArray();
        var (commonFiles, commonShmem) = Share(nodes, files);
        return Gather(nodes, files, commonFiles, commonShmem);
    }

    private static string PathOf(ImportedProcess process) =>
        process.Executable.Length > 0 ? process.Executable : "/usr/local/bin/" + NameOf(process.Comm);

    /// <summary>Where smaps are not to be had: the part of what forked processes could share at most that explains AnonPages.</summary>
    private void EstimateInherited(IReadOnlyList<ImportedProcess> processes)
    {
        var byPid = processes.DistinctBy(static process => process.Pid).ToDictionary(static process => process.Pid);
        var (unknown, known, all) = (0UL, 0UL, 0UL);
        foreach (var process in processes)
        {
            all += process.AnonPages;
            if (!byPid.TryGetValue(process.ParentPid, out var parent) || parent.Program != process.Program) continue;
            var most = Math.Min(process.AnonPages, parent.AnonPages);
            if (process.InheritedPages is { } pages) known += Math.Min(pages, most);
            else unknown += most;
        }

        var anon = _machine.Bytes("AnonPages"u8) / (KilobytesPerPage << 10);
        var excess = anon == 0 ? 0 : all - Math.Min(all, anon + known);
        _inheritedPart = unknown == 0 ? 0 : Math.Min(1.0, (double)excess / unknown);
        if (unknown > 0 && excess > 0)
            _source.Note("approximated: what forked processes share of their anonymous memory follows from AnonPages: there are no smaps of theirs");
    }

    private ulong InheritedPages(ImportedProcess process, ImportedProcess parent)
    {
        if (parent.Program != process.Program) return 0;
        var most = Math.Min(process.AnonPages, parent.AnonPages);
        return process.InheritedPages is { } pages ? Math.Min(pages, most) : (ulong)(most * _inheritedPart);
    }

    /// <summary>Where processes have more than can be in memory at once, all have less in the same proportion.</summary>
    private IReadOnlyList<ProcessNode> Fit(IReadOnlyList<ProcessNode> nodes)
    {
        var wanted = nodes.Aggregate(0UL, static (sum, node) => sum + node.Process.AnonPages - node.InheritedPages);
        var seen = _machine.Bytes("AnonPages"u8) / (KilobytesPerPage << 10);
        var total = _machine.Bytes("MemTotal"u8);
        var others = _machine.Bytes("Cached"u8) + _machine.Bytes("Buffers"u8) + _machine.Bytes("Slab"u8) + _machine.Bytes("Hugetlb"u8) + (total / 20);
        var room = (total - Math.Min(total, others)) / (KilobytesPerPage << 10);
        if (total == 0 || wanted <= Math.Max(room, seen)) return nodes;
        var part = (double)Math.Max(room, seen) / wanted;
        _source.Note(string.Create(CultureInfo.InvariantCulture, $"approximated: processes have {wanted * KilobytesPerPage} kB of anonymous memory between them, more than there is room for: each has {part:P0} of it"));
        var scaled = nodes.Select(node => node.Process with { AnonPages = (ulong)(node.Process.AnonPages * part) }).ToArray();
        return ProcessTree.Order(scaled, (process, parent) => (ulong)(InheritedPages(process, parent) * part));
    }

    private (ulong[] Files, ulong[] Shmem) Share(IReadOnlyList<ProcessNode> nodes, ulong[] files)
    {
        var programs = nodes.Select(static node => node.Process.Program).ToArray();
        var beyondImage = files.Select(static pages => pages - Math.Min(pages, ReplicaFiles.ImageFilePages)).ToArray();
        var shmem = nodes.Select(static node => node.Process.ShmemPages).ToArray();
        if (nodes.Any(static node => node.Process.SharedFilePages is not null))
        {
            return ([.. nodes.Select((node, index) => Math.Min(node.Process.SharedFilePages ?? 0, beyondImage[index]))],
                [.. nodes.Select(static node => Math.Min(node.Process.SharedShmemPages ?? 0, node.Process.ShmemPages))]);
        }

        var hasShares = nodes.All(static node => node.Process is { FileShareKilobytes: not null, ShmemShareKilobytes: not null });
        if (!hasShares) _source.Note("approximated: how much of their files processes share follows from Mapped: there is no smaps_rollup of each");
        _source.Note("approximated: processes share their files and shared memory with everybody up to a limit, and beyond it with those of their own program");
        var cached = (_machine.Bytes("Cached"u8) - Math.Min(_machine.Bytes("Cached"u8), _machine.Bytes("Shmem"u8))) / (KilobytesPerPage << 10);
        var allShmem = shmem.Aggregate(0UL, static (sum, pages) => sum + pages);
        var differentShmem = hasShares
            ? nodes.Aggregate(0UL, static (sum, node) => sum + node.Process.ShmemShareKilobytes!.Value) / KilobytesPerPage
            : Math.Min(allShmem, _machine.Bytes("Shmem"u8) / (KilobytesPerPage << 10));
        var mapped = _machine.Bytes("Mapped"u8) / (KilobytesPerPage << 10);
        var differentFiles = hasShares
            ? nodes.Aggregate(0UL, static (sum, node) => sum + node.Process.FileShareKilobytes!.Value) / KilobytesPerPage
            : mapped - Math.Min(mapped, differentShmem);
        var images = (ulong)programs.Distinct(StringComparer.Ordinal).Count();
        differentFiles = cached > 0 ? Math.Min(differentFiles, cached) : differentFiles;
        return (PageSharing.CommonPages(programs, beyondImage, differentFiles - Math.Min(differentFiles, images)),
            PageSharing.CommonPages(programs, shmem, differentShmem));
    }

    private List<ImportedGroup> Gather(IReadOnlyList<ProcessNode> nodes, ulong[] files, ulong[] commonFiles, ulong[] commonShmem)
    {
        var groups = new List<ImportedGroup>();
        var ofNode = new Dictionary<ProcessNode, ImportedGroup>();
        for (var index = 0; index < nodes.Count; index++)
        {
            var node = nodes[index];
            var parent = node.Parent is { } above && (above.Process.Pid != InitPid || node.InheritedPages > 0) ? ofNode[above].Name : "";
            var group = new ImportedGroup("", parent, node.Process with { FilePages = files[index], Pid = 0, ParentPid = 0, InheritedPages = null, FileShareKilobytes = null, ShmemShareKilobytes = null, SharedFilePages = null, SharedShmemPages = null })
            {
                InheritedPages = node.InheritedPages, SharedFilePages = commonFiles[index], SharedShmemPages = commonShmem[index],
            };
            var isLeaf = node.Children.Count == 0 && node.Process.Pid != InitPid;
            if (isLeaf && groups.Count > 0 && index > 0 && nodes[index - 1].Children.Count == 0 && nodes[index - 1].Process.Pid != InitPid && AreAlike(groups[^1], group))
            {
                groups[^1].Count++;
                continue;
            }

            if (groups.Count == MostGroups)
            {
                _source.Note($"not reproduced: processes beyond {MostGroups} different ones");
                break;
            }

            group = group with { Name = UniqueNameOf(node.Process.Comm) };
            groups.Add(group);
            ofNode.Add(node, group);
        }

        return groups;
    }

    private static bool AreAlike(ImportedGroup one, ImportedGroup other) =>
        one.Count < 10_000 && one.Process.Arguments.SequenceEqual(other.Process.Arguments)
        && one with { Name = "", Count = 1, Process = one.Process with { Arguments = [] } }
            == other with { Process = other.Process with { Arguments = [] } };

    private string UniqueNameOf(string comm)
    {
        var name = NameOf(comm);
        var unique = name;
        for (var number = 2; !_names.Add(unique); number++) unique = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        return unique;
    }

    /// <summary>A name that a group may have: letters, digits, '-' and '.'.</summary>
    internal static string NameOf(string comm)
    {
        var name = string.Concat(comm.Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' ? letter : '-')).Trim('-', '.');
        return name.Length == 0 ? "process" : name[..Math.Min(name.Length, LongestName - 8)];
    }
}
