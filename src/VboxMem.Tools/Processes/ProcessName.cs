namespace VboxMem.Tools.Processes;

/// <summary>Names of processes as status writes them: backslash and newline are escaped there, nothing is in stat and comm.</summary>
internal static class ProcessName
{
    internal static ReadOnlyMemory<byte> Unescape(ReadOnlyMemory<byte> escaped)
    {
        var text = escaped.Span;
        if (!text.Contains((byte)'\\')) return escaped;
        var raw = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var isEscape = text[i] == '\\' && i + 1 < text.Length;
            if (isEscape) i++;
            raw[length++] = isEscape && text[i] == 'n' ? (byte)'\n' : text[i];
        }

        return raw.AsMemory(0, length);
    }
}
