// Users and groups by number and by name, from the tree's /etc/passwd and /etc/group.
//
// Where names are doubled the first line counts, as in the C library. A line that is not of the form is passed over. A name of more
// than 32 bytes is not used: procps then prints the number.
//
// Models  passwd(5), group(5); procps's cache of names.

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Tools.Processes;

/// <summary>The accounts of one tree, read once.</summary>
public sealed class Accounts
{
    private const int LongestName = 32;

    private readonly Dictionary<uint, string> _userNames = [];
    private readonly Dictionary<uint, string> _groupNames = [];
    private readonly Dictionary<string, uint> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, uint> _groups = new(StringComparer.Ordinal);

    /// <summary>A missing file leaves numbers.</summary>
    public Accounts(IFileTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        Read(tree, "/etc/passwd", _userNames, _users);
        Read(tree, "/etc/group", _groupNames, _groups);
    }

    /// <summary>The name of a user, else the number.</summary>
    public string UserName(uint id) => NameOf(_userNames, id);

    /// <summary>The name of a group, else the number.</summary>
    public string GroupName(uint id) => NameOf(_groupNames, id);

    public bool TryFindUser(string name, out uint id) => _users.TryGetValue(name, out id);

    public bool TryFindGroup(string name, out uint id) => _groups.TryGetValue(name, out id);

    /// <summary>Numbers are kept once made, so that a screen that shows them again makes no strings.</summary>
    private static string NameOf(Dictionary<uint, string> names, uint id)
    {
        if (names.TryGetValue(id, out var name)) return name;
        name = id.ToString(CultureInfo.InvariantCulture);
        names.Add(id, name);
        return name;
    }

    private static void Read(IFileTree tree, string path, Dictionary<uint, string> names, Dictionary<string, uint> ids)
    {
        if (tree.TryRead(path, out var content) != Errno.None) return;
        var text = content.Span;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            var nameEnd = line.IndexOf((byte)':');
            if (nameEnd <= 0 || line[0] is (byte)'#' or (byte)'+' or (byte)'-') continue;
            var rest = line[(nameEnd + 1)..];
            var passwordEnd = rest.IndexOf((byte)':');
            if (passwordEnd < 0) continue;
            rest = rest[(passwordEnd + 1)..];
            if (!Utf8Parser.TryParse(rest, out uint id, out var length) || length >= rest.Length || rest[length] != ':') continue;
            var name = Encoding.UTF8.GetString(line[..nameEnd]);
            ids.TryAdd(name, id);
            if (nameEnd <= LongestName) names.TryAdd(id, name);
        }
    }
}
