using System.Text;
using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Sysctl;

/// <summary>Prints parameters: one, or all below a directory in the directory's order.</summary>
internal sealed class SysctlReader(SysctlOptions options, ToolContext context)
{
    private const int OwnerMayRead = 0x100;   // 0400

    private static readonly string[] DeprecatedNames = ["base_reachable_time", "retrans_time"];

    private readonly Regex? _pattern = Compile(options.Pattern);
    private readonly List<KeyValuePair<string, string>> _found = [];

    /// <summary>Names and values read with --json, which prints nothing else.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Found => _found;

    /// <summary>Prints one parameter, or what lies below a directory.</summary>
    /// <returns>procps's code: 0, 1 on failure, -1 for an empty name.</returns>
    internal int Read(string name)
    {
        if (name.Length == 0)
        {
            Complain("\"\" is an unknown key");
            return -1;
        }

        var path = SysctlName.Root + SysctlName.ToPath(name, Complain);
        var shown = SysctlName.ToDotted(name, Complain);
        if (context.Version == ProcpsVersion.V4_0_2) SysctlName.ToDotted(name, Complain);   // it complains once more
        var errno = StatOf(path, out var stat);
        if (errno != Errno.None)
        {
            if (options.IgnoreUnknown) return ToolSession.Success;
            Complain($"cannot stat {path}: {errno.Describe()}");
            return ToolSession.Failure;
        }

        // Write-only parameters (drop_caches) have nothing to show, and that is no failure.
        if ((stat.Mode & OwnerMayRead) == 0) return ToolSession.Success;
        if (!IsBelowRoot(path))
        {
            Complain($"Path is not under {SysctlName.Root}: {path}");
            return -1;
        }

        if (stat.Kind == NodeKind.Directory) return ReadAll(path + "/");
        return _pattern is null || _pattern.IsMatch(shown) ? ReadValue(path, shown) : ToolSession.Success;
    }

    /// <summary>Prints every parameter below a directory.</summary>
    /// <param name="directory">Below /proc/sys, with a slash at the end.</param>
    internal int ReadAll(string directory)
    {
        if (context.Tree.TryList(directory, out var names) != Errno.None)
        {
            Complain($"unable to open directory \"{directory}\"");
            return ToolSession.Failure;
        }

        var code = ToolSession.Success;
        foreach (var name in names)
        {
            if (!options.Deprecated && Array.IndexOf(DeprecatedNames, name) >= 0) continue;

            var path = directory + name;
            var errno = StatOf(path, out var stat);
            if (errno != Errno.None) Complain($"cannot stat {path}: {errno.Describe()}");
            else if (stat.Kind == NodeKind.Directory) ReadAll(path + "/");
            else code |= Read(path[SysctlName.Root.Length..]);
        }

        return code;
    }

    private int ReadValue(string path, string shown)
    {
        if (options.NamesOnly && !options.Json)
        {
            context.Out.Write($"{shown}\n");
            return ToolSession.Success;
        }

        var errno = context.Tree.TryRead(path, out var content);
        if (errno == Errno.None)
        {
            Print(shown, Encoding.UTF8.GetString(content.Span));
            return ToolSession.Success;
        }

        switch (errno)
        {
            case Errno.ENOENT when options.IgnoreUnknown:
                return ToolSession.Success;
            case Errno.ENOENT:
                Complain($"\"{shown}\" is an unknown key");
                break;
            case Errno.EACCES:
                Complain($"permission denied on key '{shown}'");
                break;
            case Errno.EIO:   // a secret not set yet (net.ipv6.conf.*.stable_secret): not worth a word
                break;
            default:
                Complain($"reading key \"{shown}\": {errno.Describe()}");
                break;
        }

        return ToolSession.Failure;
    }

    private void Print(string name, string text)
    {
        if (options.Json)
        {
            _found.Add(new(name, text.TrimEnd('\n')));
            return;
        }

        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            var line = end < 0 ? text[start..] : text[start..end];
            start = end < 0 ? text.Length : end + 1;
            if (!options.ValuesOnly) context.Out.Write($"{name} = {line}\n");
            else if (options.WithoutNewline || end < 0) context.Out.Write(line);
            else context.Out.Write($"{line}\n");
        }
    }

    /// <summary>stat(2): a link counts as what it points at, as far as it can be told: a directory or a file to be read.</summary>
    private Errno StatOf(string path, out NodeStat stat)
    {
        var errno = context.Tree.TryStat(path, out stat);
        if (errno != Errno.None || stat.Kind != NodeKind.SymbolicLink) return errno;

        var isDirectory = context.Tree.TryList(path, out _) == Errno.None;
        stat = stat with { Kind = isDirectory ? NodeKind.Directory : NodeKind.File };
        return Errno.None;
    }

    /// <summary>Whether a path with ".." in it still leads below /proc/sys.</summary>
    internal static bool IsBelowRoot(string path) =>
        (Path.GetFullPath(path).TrimEnd('/') + "/") is var full
        && full.StartsWith(SysctlName.Root, StringComparison.Ordinal) && full.Length > SysctlName.Root.Length;

    /// <summary>An expression that is none matches nothing.</summary>
    private static Regex? Compile(string? pattern)
    {
        if (pattern is null) return null;
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant);
        }
        catch (ArgumentException)
        {
            return new Regex("(?!)");
        }
    }

    private void Complain(string message) => ToolSession.Complain(SysctlTool.Name, context, message);
}
