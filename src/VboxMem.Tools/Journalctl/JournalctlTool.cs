// journalctl -k: the kernel's log as the journal keeps it, in its plain forms.
//
// The journal is a binary file that the tree has not; its entries are made here from the records of /dev/kmsg, as journald
// makes them:
//   J1  A message of the kernel has the identifier "kernel". One that a program wrote into the log, "name[pid]: text", has that
//       name and pid, and its text begins behind them; without such a beginning it has none, and is "unknown".
//   J2  Its time is boot time (btime of /proc/stat, whole seconds) + time since boot. journald stamps what it receives, so for
//       messages from before its start a real journal shows the second of that start.
//   J3  A message with a control character is shown as its size, unless -a.
//
// Reads   /dev/kmsg; /proc/stat for dates; /proc/sys/kernel/hostname.
// Models  systemd 252 in UTC (its journal made by systemd-journal-remote); beside procps 4.0.4, systemd 257, whose ISO offsets have a colon.
// Departs only -k is here: entries of programs are not. There is one boot. -g takes patterns that PCRE and .NET read alike, and
//         refuses others. Nothing is paged, coloured or ellipsized.

using VboxMem.FileTree;
using VboxMem.Tools.Dmesg;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Journalctl;

public static class JournalctlTool
{
    public const string Name = "journalctl";

    private const string HostNamePath = "/proc/sys/kernel/hostname";

    /// <summary>Runs journalctl. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ToolSession.Run(Name, context, () => RunWordingErrors(arguments, context), static (tool, wrong) => $"{tool}: {wrong.Message}\n");
    }

    /// <summary>journalctl puts its name before getopt's complaints alone.</summary>
    private static int RunWordingErrors(IReadOnlyList<string> arguments, ToolContext context)
    {
        try
        {
            return Run(JournalctlOptions.Parse(arguments), context);
        }
        catch (ToolException end) when (end is not UsageException)
        {
            context.Error.Write(end.Message + "\n");
            return end.ExitCode;
        }
    }

    private static int Run(JournalctlOptions options, ToolContext context)
    {
        if (options.ShowUsage)
        {
            context.Out.Write(JournalctlOptions.Usage);
            return ToolSession.Success;
        }

        if (options.ShowVersion)
        {
            context.Out.Write(context.Version == ProcpsVersion.V4_0_2 ? "systemd 252\n" : "systemd 257\n");
            return ToolSession.Success;
        }

        if (options.Refusal is { } refusal) throw new ToolException(refusal);
        if (!options.KernelOnly) throw new ToolException("only messages of the kernel are here: -k shows them");

        var entries = Choose(options, context);
        if (entries.Count == 0 && !options.Json)
        {
            if (!options.Quiet) context.Out.Write("-- No entries --\n");
            return options.Pattern is null ? ToolSession.Success : ToolSession.Failure;
        }

        if (options.Json) JsonText.WriteLine(context.Out, entries, JournalEntry.WriteJson);
        else Print(entries, options, context);
        return ToolSession.Success;
    }

    private static void Print(List<JournalEntry> entries, JournalctlOptions options, ToolContext context)
    {
        var boot = options.NeedsDates ? BootTime.Of(context) : default;
        var text = new JournalText(context.Out, options, boot, options.HostName ? HostName(context) : null, context.Version);
        foreach (var entry in entries) text.Write(entry);
    }

    private static List<JournalEntry> Choose(JournalctlOptions options, ToolContext context)
    {
        var entries = new List<JournalEntry>();
        foreach (var message in DmesgTool.Read(context))
        {
            var entry = JournalEntry.From(message);
            if (options.Chooses(entry)) entries.Add(entry);
        }

        // The newest are counted from the end; a pattern with a count turns the order round.
        if (options.Lines is { } lines && (ulong)entries.Count > lines) entries.RemoveRange(0, entries.Count - (int)lines);
        if (options.Reverse || (options.Pattern is not null && options.Lines is not null)) entries.Reverse();
        return entries;
    }

    private static string HostName(ToolContext context)
    {
        var errno = context.Tree.TryRead(HostNamePath, out var name);
        if (errno != Errno.None) throw new ToolException($"cannot open {HostNamePath}: {errno.Describe()}");
        return System.Text.Encoding.UTF8.GetString(name.Span).Trim();
    }
}
