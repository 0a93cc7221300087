// Names of kernel parameters: a dotted one (vm.swappiness) and a path (vm/swappiness) mean the same. The first
// separator decides which kind a name is; in a dotted name "/" stands for a dot inside a part (eth0/100) and the
// other way round, so turning one kind into the other swaps both characters throughout.

namespace VboxMem.Tools.Sysctl;

internal static class SysctlName
{
    internal const string Root = "/proc/sys/";

    /// <summary>The path behind /proc/sys/.</summary>
    /// <param name="name">Dotted or path.</param>
    /// <param name="warn">Told of separators that follow each other, which is legal but surely a slip.</param>
    internal static string ToPath(string name, Action<string> warn) => Convert(name, '/', warn);

    /// <summary>The dotted name.</summary>
    internal static string ToDotted(string name, Action<string> warn) => Convert(name, '.', warn);

    private static string Convert(string name, char separator, Action<string> warn)
    {
        var first = name.AsSpan().IndexOfAny('.', '/');
        if (first < 0 || name[first] == separator) return name;

        var text = name.ToCharArray();
        var warned = false;
        for (var i = first; i < text.Length; i++)
        {
            if (text[i] is not ('.' or '/')) continue;
            if (!warned && i + 1 < text.Length && text[i + 1] is '.' or '/')
            {
                warn($"separators should not be repeated: {new string(text, i, text.Length - i)}");
                warned = true;
            }

            text[i] = text[i] == '.' ? '/' : '.';
        }

        return new string(text);
    }
}
