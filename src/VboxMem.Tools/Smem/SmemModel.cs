// What smem reads: the areas of every process, by name, with the proportional sizes that the kernel worked out.
//
// Invariants
//   S1  A process without a command line, a kernel thread, is none; nor is one without areas, or with none that the filter lets through.
//   S2  Of two areas of one address the later one counts.
//
// Units   kB.
// Models  smem 1.5.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Smem;

/// <summary>Sizes of areas, summed.</summary>
public struct SmemSizes
{
    public ulong Virtual, Resident, Proportional, Unique, Swap;

    internal void Add(in SmemSizes other)
    {
        unchecked
        {
            Virtual += other.Virtual;
            Resident += other.Resident;
            Proportional += other.Proportional;
            Unique += other.Unique;
            Swap += other.Swap;
        }
    }
}

/// <summary>An area of a process.</summary>
public readonly record struct SmemArea(string Name, SmemSizes Sizes);

/// <summary>A process with the areas that the filter lets through.</summary>
public sealed record SmemProcess(int Pid, uint UserId, string User, string Name, string Command, IReadOnlyList<SmemArea> Areas)
{
    /// <summary>All areas.</summary>
    public SmemSizes Sizes
    {
        get
        {
            var sum = default(SmemSizes);
            foreach (var area in Areas) sum.Add(area.Sizes);
            return sum;
        }
    }
}

/// <summary>Reads the processes of a tree as smem does.</summary>
internal sealed class SmemReading(IFileTree tree, SmemRequest request)
{
    private const string Unknown = "?";
    private const string Anonymous = "<anonymous>";

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Accounts _accounts = new(tree);
    private readonly string _proc = (request.Source == "/" ? "" : request.Source) + "/proc";

    internal string MeminfoPath => _proc + "/meminfo";

    /// <summary>Whether there is anything to read.</summary>
    internal bool HasProc => tree.TryList(_proc, out _) == Errno.None;

    /// <exception cref="ProcFormatException">A smaps is malformed.</exception>
    internal List<SmemProcess> Read()
    {
        var processes = new List<SmemProcess>();
        if (tree.TryList(_proc, out var names) != Errno.None) return processes;
        foreach (var name in names)
        {
            if (name.Length > 0 && name[0] != '0' && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && TryRead(pid) is { } process) processes.Add(process);
        }

        return processes;
    }

    private SmemProcess? TryRead(int pid)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"{_proc}/{pid}");
        if (tree.TryStat(directory, out var owner) != Errno.None) return null;
        var command = Unknown;
        if (tree.TryRead(directory + "/cmdline", out var content) == Errno.None)
        {
            if (content.IsEmpty) return null;
            command = Text(content.Span)?.Replace('\0', ' ') ?? Unknown;
        }

        var name = tree.TryRead(directory + "/stat", out content) == Errno.None ? NameIn(Text(content.Span)) : Unknown;
        var user = _accounts.UserName(owner.UserId);
        if (request.ProcessFilter is { } filter && !Matches(filter, name) && !Matches(filter, command)) return null;
        if (request.UserFilter is { } users && !Matches(users, user)) return null;
        var areas = ReadAreas(directory + "/smaps");
        return areas.Count == 0 ? null : new SmemProcess(pid, owner.UserId, user, name, command, areas);
    }

    private List<SmemArea> ReadAreas(string path)
    {
        if (tree.TryRead(path, out var content) != Errno.None) return [];
        var parsed = MapArea.Parse(content, path);
        var places = new Dictionary<ulong, int>(parsed.Count);
        var areas = new List<SmemArea>(parsed.Count);
        foreach (var area in parsed)
        {
            var named = new SmemArea(NameOf(area), SizesOf(area));
            if (places.TryGetValue(area.Start, out var place)) areas[place] = named;
            else
            {
                places.Add(area.Start, areas.Count);
                areas.Add(named);
            }
        }

        if (request.MapFilter is { } filter) areas.RemoveAll(area => !Matches(filter, area.Name));
        return areas;
    }

    /// <summary>The name up to the first blank.</summary>
    private static string NameOf(MapArea area)
    {
        var name = area.Name.Span;
        var end = name.IndexOfAny(" \t"u8);
        if (end >= 0) name = name[..end];
        return name.IsEmpty ? Anonymous : Encoding.UTF8.GetString(name);
    }

    private static SmemSizes SizesOf(MapArea area) => new()
    {
        Virtual = area.Kilobytes("Size"),
        Resident = area.Kilobytes("Rss"),
        Proportional = area.Kilobytes("Pss"),
        Unique = unchecked(area.Kilobytes("Private_Clean") + area.Kilobytes("Private_Dirty")),
        Swap = area.Kilobytes("Swap"),
    };

    /// <summary>Between the first parentheses; a name that has parentheses itself is cut.</summary>
    private static string NameIn(string? stat)
    {
        if (stat is null) return Unknown;
        var begin = stat.IndexOf('(', StringComparison.Ordinal) + 1;
        var end = stat.IndexOf(')', StringComparison.Ordinal);
        return end >= begin ? stat[begin..end] : "";
    }

    /// <summary>Null where it is not UTF-8. Ends of lines of other systems become Linux's, as where Python reads text.</summary>
    private static string? Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return _strict.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool Matches(System.Text.RegularExpressions.Regex filter, string text)
    {
        try
        {
            return filter.IsMatch(text);
        }
        catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw new ToolException($"the regular expression \"{filter}\" takes too long");
        }
    }
}
