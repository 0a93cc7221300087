// Processes of an sosreport, which keeps no folders of /proc/PID but what ps has printed: `ps alxwww`.
//
//   F   UID     PID    PPID PRI  NI    VSZ   RSS WCHAN  STAT TTY        TIME COMMAND

using System.Globalization;
using System.Text;
using VboxMem.Tools;
using VboxMem.Workloads;

namespace VboxMem.Profiles.Import;

internal static class PsListing
{
    private const int Columns = 13;

    /// <summary>The processes, all their resident memory taken for anonymous; empty where there is no listing.</summary>
    public static IReadOnlyList<ImportedProcess> Read(ImportSource source)
    {
        var list = source.Parse(Parse, "no processes", "/sos_commands/process/ps_alxwww", "/ps") ?? [];
        if (list.Count > 0) source.Note("approximated: ps does not say of what kind memory is: all is taken for anonymous, as far as there is so much");
        return list;
    }

    /// <exception cref="ProcFormatException">A line does not have its columns.</exception>
    internal static IReadOnlyList<ImportedProcess> Parse(ReadOnlySpan<byte> text, string path)
    {
        var list = new List<ImportedProcess>();
        var lines = Encoding.UTF8.GetString(text).Split('\n');
        for (var line = 1; line < lines.Length; line++)
        {
            if (lines[line].Trim().Length == 0) continue;
            var fields = lines[line].Split(' ', Columns, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < Columns || !Number(fields[1], out var uid) || !Number(fields[2], out var pid) || !Number(fields[3], out var parent) || !Number(fields[7], out var resident))
                throw new ProcFormatException(path, line + 1, $"\"{OneLine.Of(lines[line])}\" is no line of ps alxwww, expected such as \"4 0 1 0 20 0 1856 1024 - Ss ? 0:01 /sbin/init\"");
            if (resident == 0) continue;
            _ = int.TryParse(fields[5], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nice);
            var arguments = fields[12].Trim();
            var program = arguments.Split(' ')[0].TrimEnd(':');
            list.Add(new ImportedProcess((int)pid, (int)parent, CommOf(program))
            {
                Arguments = [ArgumentText.Escape(arguments)], Uid = uid, Gid = uid, Nice = Math.Clamp(nice, -20, 19), AnonPages = resident / 4,
            });
        }

        return list;
    }

    /// <summary>Where all memory was taken for anonymous: as much of each process's as makes AnonPages in all, and the rest file pages.</summary>
    public static IReadOnlyList<ImportedProcess> Divide(IReadOnlyList<ImportedProcess> processes, ImportedMachine machine)
    {
        var seen = machine.Bytes("AnonPages"u8) >> 12;
        var all = processes.Aggregate(0UL, static (sum, process) => sum + process.AnonPages);
        if (seen == 0 || all <= seen || processes.Any(static process => process.FilePages > 0)) return processes;
        return [.. processes.Select(process => Part(process, (ulong)((UInt128)process.AnonPages * seen / all)))];
    }

    private static ImportedProcess Part(ImportedProcess process, ulong anonPages) =>
        process with { AnonPages = anonPages, FilePages = process.AnonPages - anonPages };

    private static string CommOf(string program)
    {
        var name = string.Concat(program[(program.LastIndexOf('/') + 1)..].Take(15).Select(static letter => letter is >= ' ' and <= '~' ? letter : '?'));
        return name.Length > 0 ? name : "process";
    }

    private static bool Number(string text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value < int.MaxValue;
}
