// A captured dmesg: lines of "[seconds.micros] text", and the figures other parts of the tests need out of it.

using System.Globalization;
using System.Text.RegularExpressions;

namespace VboxMem.Testing;

/// <summary>One line of the kernel log: time in microseconds since boot and the text.</summary>
public sealed record CapturedLogLine(long Microseconds, string Text);

/// <summary>What boot gave back to the buddy allocator after the first watermarks were computed, in kB.</summary>
public sealed record CapturedLateFreed(long InitrdKilobytes, long DecryptedKilobytes, long InitmemKilobytes, long RodataGapKilobytes)
{
    /// <summary>All four in pages of 4 KiB.</summary>
    public long Pages => (InitrdKilobytes + DecryptedKilobytes + InitmemKilobytes + RodataGapKilobytes) / 4;
}

/// <summary>A captured kernel log.</summary>
public sealed partial class CapturedLog
{
    private CapturedLog(IReadOnlyList<CapturedLogLine> lines) => Lines = lines;

    public IReadOnlyList<CapturedLogLine> Lines { get; }

    /// <summary>The pages freed late in boot, from the log's <c>Freeing … memory</c> lines.</summary>
    public CapturedLateFreed LateFreed => new(
        Kilobytes("Freeing initrd memory: "),
        Kilobytes("Freeing unused decrypted memory: "),
        Kilobytes("Freeing unused kernel image (initmem) memory: "),
        Kilobytes("Freeing unused kernel image (rodata/data gap) memory: "));

    /// <summary>The first line that starts so.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public string LineStarting(string start) =>
        TryLineStarting(start) ?? throw new InvalidOperationException($"no line '{start}…' in the captured log");

    /// <summary>The first line that starts so, or null.</summary>
    public string? TryLineStarting(string start) =>
        Lines.FirstOrDefault(line => line.Text.StartsWith(start, StringComparison.Ordinal))?.Text;

    internal static CapturedLog FromDmesg(string text)
    {
        var lines = new List<CapturedLogLine>();
        foreach (Match match in Line().Matches(text))
        {
            var seconds = long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            var micros = long.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
            lines.Add(new CapturedLogLine(seconds * 1_000_000 + micros, match.Groups[3].Value));
        }

        return new CapturedLog(lines);
    }

    private long Kilobytes(string start) =>
        long.Parse(LineStarting(start)[start.Length..].TrimEnd('K'), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\[ *(\d+)\.(\d{6})\] (.*)$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
