// What procps's library makes of a process's texts: the name, the command line in one line, the cgroups in one line.
//
// Models  procps-ng 4.0.2 and 4.0.4 (readproc): a file counts up to 128 KiB less one byte; arguments are joined by blanks; who has
//         none is shown as its name in brackets, a zombie with <defunct> behind it.

using System.Text;

namespace VboxMem.Tools.Processes;

/// <summary>Texts of a process, fit to be printed.</summary>
public static class ProcessText
{
    /// <summary>A name takes 63 bytes at most; the kernel's own has 15, that of a worker up to 63.</summary>
    private const int LongestName = 63;

    private const int LongestFile = (128 * 1024) - 1;

    public static string Name(ProcessRecord process, bool isUtf8)
    {
        ArgumentNullException.ThrowIfNull(process);
        return PrintableText.Escape(process.Name.Span, isUtf8, LongestName);
    }

    /// <summary>The arguments; where there are none, such as <c>[kswapd0]</c> and <c>[sh] &lt;defunct&gt;</c>.</summary>
    public static string CommandLine(ProcessRecord process, bool isUtf8)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (process.CommandLine.IsEmpty)
        {
            var name = $"[{Name(process, isUtf8)}]";
            return process.State == (byte)'Z' ? name + " <defunct>" : name;
        }

        var text = Joined(process.CommandLine.Span, isUtf8);
        return text.Length > 0 ? text : "?";
    }

    /// <summary>The environment; "-" where there is none.</summary>
    public static string Environment(ProcessRecord process, bool isUtf8)
    {
        ArgumentNullException.ThrowIfNull(process);
        var text = Joined(process.Environment.Span, isUtf8);
        return text.Length > 0 ? text : "-";
    }

    /// <summary>The cgroups, commas between them, those at the root left out; "-" where none is left.</summary>
    public static string ControlGroups(ProcessRecord process, bool isUtf8)
    {
        ArgumentNullException.ThrowIfNull(process);
        var text = new StringBuilder();
        var lines = process.ControlGroup.Span;
        foreach (var range in lines.SplitAny((byte)'\n', (byte)0))
        {
            var line = lines[range];
            if (line.IsEmpty || line[^1] == '/') continue;
            if (text.Length > 0) text.Append(',');
            text.Append(PrintableText.Escape(line, isUtf8));
        }

        return text.Length > 0 ? text.ToString() : "-";
    }

    /// <summary>The name of the first named hierarchy and all behind it; all groups where none has a name.</summary>
    public static string ControlGroupName(ProcessRecord process, bool isUtf8)
    {
        const string label = ":name=";
        var groups = ControlGroups(process, isUtf8);
        var place = groups.IndexOf(label, StringComparison.Ordinal);
        return place >= 0 && place + label.Length < groups.Length ? groups[(place + label.Length)..] : groups;
    }

    /// <summary>The kernel's function without underscores before it; "-" when it does not wait, "?" when nobody may know.</summary>
    public static string WaitChannel(ProcessRecord process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (!process.Has(ProcessFiles.WaitChannel)) return "?";
        var name = Encoding.Latin1.GetString(process.WaitChannel.Span);
        if (name == "0") return "-";
        if (name.StartsWith('.')) name = name[1..];
        return name.TrimStart('_');
    }

    private static string Joined(ReadOnlySpan<byte> file, bool isUtf8)
    {
        if (file.Length > LongestFile) file = file[..LongestFile];
        var text = file.TrimEnd((byte)0);
        var isCut = text.Length == file.Length && text.Length > 0 && text[^1] is (byte)' ' or (byte)'\n';
        if (isCut) text = text[..^1];
        Span<byte> joined = text.Length <= 1024 ? stackalloc byte[text.Length] : new byte[text.Length];
        text.CopyTo(joined);
        foreach (ref var c in joined)
        {
            if (c is 0 or (byte)'\n') c = (byte)' ';
        }

        return PrintableText.Escape(joined, isUtf8);
    }
}
