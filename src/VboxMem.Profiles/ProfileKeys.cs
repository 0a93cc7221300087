// The table of all keys of a profile. A new key is one entry: path, rule, default, meaning, and where its value goes.
// Keys that are checked against each other have a name as well, for the checks to ask by.
//
// Invariant
//   K1  A default is in canonical spelling and equals the default of MachineConfiguration.

using System.Diagnostics.CodeAnalysis;
using VboxMem.Kernel;
using VboxMem.Kernel.Sysctl;
using VboxMem.Profiles.Rules;

namespace VboxMem.Profiles;

/// <summary>All keys, in the order of the reference and of <see cref="Profile.EffectiveJson"/>.</summary>
public static class ProfileKeys
{
    /// <summary>The section of the files of /proc/sys/vm.</summary>
    internal const string VmSection = "vm";

    private const ulong MiB = 1UL << 20;
    private const ulong MaxRamBytes = 8UL << 40;
    private const ulong RamStepBytes = 4 * MiB;
    private const ulong MaxPages = (MaxRamBytes >> 12) + (1 << 20);
    private const int MaxNodes = 8;

    internal static readonly ScalarKey<string> Name = new(TextRule.Line(1, 100))
    {
        Path = "name", DefaultNote = "the file's name without .json",
        Meaning = "What the box is called in lists and on the screen.",
    };

    internal static readonly ScalarKey<string> Description = new(TextRule.Line(0, 1000))
    {
        Path = "description", Default = "", Meaning = "What the box is for, in a line.",
    };

    internal static readonly ScalarKey<ulong> Ram = new(new SizeRule(64 * MiB, MaxRamBytes, RamStepBytes))
    {
        Path = "machine:ram", DefaultNote = "required, unless machine:nodes or machine:zones is given",
        Meaning = "RAM of the machine. Where nodes are given: their sum, or left out.",
        Bind = (machine, bytes) => machine with { RamBytes = bytes },
    };

    internal static readonly ScalarKey<ulong> Cpus = new(new WholeNumberRule(1, 256, "CPUs"))
    {
        Path = "machine:cpus", Default = "1", Meaning = "Online CPUs. Where nodes are given: their sum, or left out.",
        Bind = (machine, cpus) => machine with { Cpus = (int)cpus },
    };

    internal static readonly ListKey Nodes = new(MaxNodes)
    {
        Path = "machine:nodes", DefaultNote = "empty: one node that has everything",
        Meaning = "The NUMA nodes, node 0 first. At least one CPU in all.",
    };

    internal static readonly ScalarKey<ulong> NodeRam = new(new SizeRule(RamStepBytes, MaxRamBytes, RamStepBytes))
    {
        Path = "machine:nodes:#:ram", Meaning = "RAM of the node.",
    };

    internal static readonly ScalarKey<ulong> NodeCpus = new(new WholeNumberRule(0, 256, "CPUs"))
    {
        Path = "machine:nodes:#:cpus", Meaning = "CPUs of the node; 0 is a node of memory alone.",
    };

    internal static readonly ListKey Distances = new(MaxNodes)
    {
        Path = "machine:nodes:#:distances", DefaultNote = "empty: 10 to itself and 20 to the others",
        Meaning = "Distance to every node in order, one for each: 10 to itself, 11 to 254 to the others.",
    };

    internal static readonly ScalarKey<ulong> Distance = new(new WholeNumberRule(10, 254))
    {
        Path = "machine:nodes:#:distances:#", DefaultNote = "none", Meaning = "Distance to the node of that place.",
    };

    internal static readonly ScalarKey<ulong> Movable = new(new SizeRule(0, MaxRamBytes))
    {
        Path = "machine:movable", Default = "0",
        Meaning = "RAM kept for movable pages in a Movable zone (movablecore=); less than machine:ram; 0 makes no such zone.",
        Bind = (machine, bytes) => machine with { MovableBytes = bytes },
    };

    internal static readonly ListKey Zones = new(MaxNodes * 4)
    {
        Path = "machine:zones", DefaultNote = "empty: computed from RAM and kind",
        Meaning = "Memory zones by their own figures, as /proc/zoneinfo gives them; ascending and apart within a node.",
    };

    internal static readonly ScalarKey<ulong> ZoneNode = new(new WholeNumberRule(0, MaxNodes - 1))
    {
        Path = "machine:zones:#:node", Default = "0", Meaning = "The node that has the zone.",
    };

    internal static readonly ScalarKey<ZoneType> Zone = new(new ChoiceRule<ZoneType>(
        ("DMA", ZoneType.Dma), ("DMA32", ZoneType.Dma32), ("Normal", ZoneType.Normal), ("Movable", ZoneType.Movable)))
    {
        Path = "machine:zones:#:zone", Meaning = "Which zone: DMA ends at frame 4096, DMA32 at frame 1048576.",
    };

    internal static readonly ScalarKey<ulong> StartPfn = new(new WholeNumberRule(1, MaxPages - 1, "frame number"))
    {
        Path = "machine:zones:#:start_pfn", Meaning = "First frame of the zone.",
    };

    internal static readonly ScalarKey<ulong> Spanned = new(new WholeNumberRule(1, MaxPages, "pages"))
    {
        Path = "machine:zones:#:spanned", Meaning = "Frames from the first to the last, holes included.",
    };

    internal static readonly ScalarKey<ulong> Present = new(new WholeNumberRule(1, MaxPages, "pages"))
    {
        Path = "machine:zones:#:present", Meaning = "Frames that are RAM; no more than spanned.",
    };

    internal static readonly ScalarKey<ulong> Managed = new(new WholeNumberRule(0, MaxPages, "pages"))
    {
        Path = "machine:zones:#:managed", Meaning = "Frames that the allocator owns after boot; no more than present.",
    };

    internal static readonly ScalarKey<ulong> LateFreed = new(new WholeNumberRule(0, MaxPages, "pages"))
    {
        Path = "machine:zones:#:late_freed", Default = "0",
        Meaning = "Part of managed that is freed after the boot watermarks were computed.",
    };

    internal static readonly ScalarKey<ulong> Initrd = new(new SizeRule(0, 1024 * MiB))
    {
        Path = "machine:initrd", Default = "30MiB",
        Meaning = "Initial RAM disk, freed late in boot; smaller than a quarter of machine:ram.",
        Bind = (machine, bytes) => machine with { InitrdBytes = bytes },
    };

    /// <summary>Every key of a profile.</summary>
    public static IReadOnlyList<ProfileKey> All { get; } =
    [
        Name,
        Description,
        new ScalarKey<ulong>(new WholeNumberRule(0, ulong.MaxValue))
        {
            Path = "seed", Default = "1", Meaning = "The one number that all chance in the box derives from.",
            Bind = (machine, seed) => machine with { Seed = seed },
        },
        new ScalarKey<MachineKind>(new ChoiceRule<MachineKind>(
            ("pc", MachineKind.Pc), ("q35", MachineKind.Q35), ("cloud", MachineKind.Cloud)))
        {
            Path = "machine:kind", Default = "pc",
            Meaning = "Whose memory map: QEMU i440FX (pc), QEMU Q35 (q35), Firecracker and most clouds (cloud).",
            Bind = (machine, kind) => machine with { Kind = kind },
        },
        Ram, Cpus, Nodes, NodeRam, NodeCpus, Distances, Distance, Movable,
        Zones, ZoneNode, Zone, StartPfn, Spanned, Present, Managed, LateFreed, Initrd,
        new ScalarKey<long>(new MomentRule())
        {
            Path = "machine:boot_time", Default = "2026-01-01T00:00:00Z", Meaning = "When the machine was switched on.",
            Bind = (machine, seconds) => machine with { BootTimeUnixSeconds = seconds },
        },
        new ScalarKey<string>(TextRule.HostName(1, 64))
        {
            Path = "machine:hostname", Default = "vbox", Meaning = "The machine's host name.",
            Bind = (machine, name) => machine with { HostName = name },
        },
        new ScalarKey<string>(TextRule.Ascii(0, 2047))
        {
            Path = "machine:command_line", Meaning = "The kernel's command line, /proc/cmdline. nokaslr, norandmaps and no5lvl have their effect.",
            Default = "BOOT_IMAGE=/boot/vmlinuz-6.12.107+deb13-cloud-amd64 root=/dev/vda1 ro console=ttyS0 psi=1",
            Bind = (machine, line) => machine with { CommandLine = line },
        },
        new ScalarKey<string>(TextRule.Ascii(1, 48))
        {
            Path = "machine:cpu_model", Default = "QEMU Virtual CPU version 2.5+", Meaning = "Model name in /proc/cpuinfo.",
            Bind = (machine, model) => machine with { CpuModelName = model },
        },
        new ScalarKey<int>(new MegahertzRule())
        {
            Path = "machine:cpu_mhz", Default = "2700", Meaning = "Clock of every CPU.",
            Bind = (machine, kilohertz) => machine with { CpuKilohertz = kilohertz },
        },
        new ScalarKey<bool>(new SwitchRule())
        {
            Path = "machine:la57", Default = "false",
            Meaning = "CPUs with virtual addresses of 57 bits: page tables have five levels (unless no5lvl is on the command line).",
            Bind = (machine, isThere) => machine with { HasLa57 = isThere },
        },
        .. DeviceKeys.All,
        .. WorkloadKeys.All,
        .. SysctlTable.Files.Where(file => !file.IsAction).Select(ForSysctl),
    ];

    private static readonly Dictionary<string, ProfileKey> ByPath =
        All.ToDictionary(key => key.Path, StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> SectionPaths = new(
        All.SelectMany(key => Parents(key.Path)).Where(path => !ByPath.ContainsKey(path)), StringComparer.OrdinalIgnoreCase);

    /// <summary>Sections of the top level: machine, vm.</summary>
    internal static IReadOnlyList<string> Sections { get; } =
        [.. All.SelectMany(key => Parents(key.Path)).Where(path => !path.Contains(':')).Distinct()];

    internal static bool TryFind(string pattern, [NotNullWhen(true)] out ProfileKey? key) => ByPath.TryGetValue(pattern, out key);

    /// <summary>Whether keys stand below the path, but no value at it.</summary>
    internal static bool IsSection(string pattern) => SectionPaths.Contains(pattern);

    /// <summary>Names that an error message has room for: a section of more is looked up elsewhere.</summary>
    private const int MostNamesTold = 24;

    /// <summary>The names that may stand in a section, for error messages.</summary>
    /// <param name="section">Its path, with indexes; empty for the top level.</param>
    /// <returns>Empty where there is no such section.</returns>
    internal static string AllowedIn(string section)
    {
        if (section.Equals(VmSection, StringComparison.OrdinalIgnoreCase)) return "the files of /proc/sys/vm";
        var prefix = section.Length == 0 ? "" : string.Join(':', section.Split(':').Select(PatternOf)) + ":";
        string[] names =
        [
            .. All.Where(key => key.Path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                .Select(key => key.Path[prefix.Length..].Split(':')[0])
                .Where(name => name != "#")
                .Distinct(),
        ];
        return names.Length <= MostNamesTold ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MostNamesTold))} and {names.Length - MostNamesTold} more (profiles/README.md)";
    }

    /// <summary>Whether a path is that of a key which will come, and must not mean anything else meanwhile.</summary>
    internal static bool IsReserved(string path) =>
        ReservedPaths.Contains(string.Join(':', path.Split(':').Select(PatternOf)));

    private static readonly HashSet<string> ReservedPaths = new(["groups:#:mempolicy", "groups:#:cgroup"], StringComparer.OrdinalIgnoreCase);

    private static string PatternOf(string part) => part.Length > 0 && part.All(char.IsAsciiDigit) ? "#" : part;

    private static ScalarKey<string> ForSysctl(SysctlFile file) => new(new SysctlRule(file))
    {
        Path = $"{VmSection}:{file.Name}", Meaning = file.Meaning,
        DefaultNote = file.Default is null ? "the kernel's, from RAM" : $"the kernel's: {file.Default.Replace('\t', ' ')}",
    };

    private static IEnumerable<string> Parents(string path)
    {
        for (var colon = path.IndexOf(':'); colon >= 0; colon = path.IndexOf(':', colon + 1))
            yield return path[..colon];
    }
}
