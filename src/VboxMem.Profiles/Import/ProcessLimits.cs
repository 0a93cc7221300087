// What an import takes of a process's status; what is beyond it is no machine's, and is refused with its line.

using System.Text;
using VboxMem.Tools;
using VboxMem.Tools.Processes;

namespace VboxMem.Profiles.Import;

internal static class ProcessLimits
{
    private const ulong MostKilobytes = 1UL << 36;

    /// <summary>The user and group that mean "none".</summary>
    private const uint NoId = uint.MaxValue;

    /// <exception cref="ProcFormatException">A size, a user or a group is beyond its limit.</exception>
    public static void Check(ProcessRecord process)
    {
        ref readonly var status = ref process.Status;
        Check(process, "Uid", status.EffectiveUser, NoId - 1);
        Check(process, "Gid", status.EffectiveGroup, NoId - 1);
        Check(process, "VmRSS", status.VmRss, MostKilobytes);
        Check(process, "RssAnon", status.RssAnon, MostKilobytes);
        Check(process, "RssFile", status.RssFile, MostKilobytes);
        Check(process, "RssShmem", status.RssShmem, MostKilobytes);
        Check(process, "VmSwap", status.VmSwap, MostKilobytes);
    }

    private static void Check(ProcessRecord process, string label, ulong value, ulong most)
    {
        if (value <= most) return;
        var text = process.StatusText.Span;
        var before = text[..(text.LastIndexOf(Encoding.UTF8.GetBytes($"\n{label}:")) + 1)];
        var line = before.Count((byte)'\n') + 1;
        throw new ProcFormatException(process.Paths.Of(ProcessFiles.Status), line, $"{label} is {value}, allowed are 0 to {most}");
    }
}
