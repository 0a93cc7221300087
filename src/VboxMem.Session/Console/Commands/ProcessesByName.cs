using System.Globalization;
using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Session.Console.Commands;

/// <summary>Processes by what /proc/PID/comm calls them.</summary>
internal static class ProcessesByName
{
    /// <summary>What of a name the kernel keeps.</summary>
    private const int LongestName = 15;

    /// <summary>Pids in their order.</summary>
    public static List<int> PidsOf(IFileTree tree, string name)
    {
        var wanted = Encoding.UTF8.GetByteCount(name) > LongestName ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name).AsSpan(0, LongestName)) : name;
        return [.. All(tree).Where(process => process.Name == wanted).Select(static process => process.Pid)];
    }

    /// <summary>The process of a number, or those of a name.</summary>
    public static List<int> PidsOrNamed(IFileTree tree, string target) =>
        !int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? PidsOf(tree, target)
        : tree.TryStat(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"), out _) == Errno.None ? [pid]
        : [];

    public static IEnumerable<(int Pid, string Name)> All(IFileTree tree)
    {
        if (tree.TryList("/proc", out var names) != Errno.None)
        {
            yield break;
        }

        var pids = new List<int>();
        foreach (var name in names)
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0)
            {
                pids.Add(pid);
            }
        }

        pids.Sort();
        foreach (var pid in pids)
        {
            if (tree.TryRead(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/comm"), out var comm) == Errno.None)
            {
                yield return (pid, Encoding.UTF8.GetString(comm.Span).TrimEnd('\n'));
            }
        }
    }

    /// <summary>The command line of a process, blanks between its words.</summary>
    public static string CommandLineOf(IFileTree tree, int pid, string name) =>
        tree.TryRead(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline"), out var line) == Errno.None && !line.IsEmpty
            ? Encoding.UTF8.GetString(line.Span).TrimEnd('\0').Replace('\0', ' ')
            : name;
}
