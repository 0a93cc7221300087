// dmesg: the kernel's log.
//
// Dates are boot time (btime of /proc/stat, whole seconds) + time since boot, in UTC. The real dmesg takes the whole seconds of
// clock - CLOCK_BOOTTIME, which is the same on a machine that never slept. --json is util-linux's own option, and prints its own
// form: the records, one object each.
//
// Reads   /dev/kmsg; /proc/stat for dates.
// Models  util-linux 2.38.1 in the C locale; beside procps 4.0.4 (Debian 13) 2.41, as far as its notes tell: -r shifts the
//         facility, and -l takes ranges. What the two do alike was compared with 2.38.1 alone.
// Departs nothing is paged or coloured; the buffer cannot be cleared nor the console switched (syslog(2) has no file); following
//         (-w, -W), other sources (-F, -K, -S) and periods (--since, --until) are left out; a damaged record is an error.

using VboxMem.FileTree;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Dmesg;

public static class DmesgTool
{
    public const string Name = "dmesg";

    /// <summary>Runs dmesg. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ToolSession.Run(Name, context, () => Run(DmesgOptions.Parse(arguments, context.Version), context), ToolSession.UtilLinuxUsage);
    }

    /// <summary>Reads the model that dmesg prints: all records, oldest first.</summary>
    /// <exception cref="ToolException">The log cannot be read or is malformed.</exception>
    public static IReadOnlyList<KernelMessage> Read(ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var errno = context.Tree.TryRead(KernelMessage.Path, out var log);
        if (errno != Errno.None) throw new ToolException($"cannot open {KernelMessage.Path}: {errno.Describe()}");
        try
        {
            return KernelMessage.ParseAll(log.Span);
        }
        catch (ProcFormatException malformed)
        {
            throw new ToolException($"read kernel buffer failed: {malformed.Message}");
        }
    }

    private static int Run(DmesgOptions options, ToolContext context)
    {
        if (options.ShowUsage)
        {
            context.Out.Write(DmesgOptions.Usage);
            return ToolSession.Success;
        }

        if (options.ShowVersion)
        {
            context.Out.Write(context.Version == ProcpsVersion.V4_0_2 ? "dmesg from util-linux 2.38.1\n" : "dmesg from util-linux 2.41\n");
            return ToolSession.Success;
        }

        if (options.Refusal is { } refusal) throw new ToolException(refusal);

        if (options.DeltaIsIgnored)
            ToolSession.Complain(Name, context, "--show-delta is ignored when used together with iso8601 time format");

        var chosen = new List<KernelMessage>();
        foreach (var message in Read(context))
        {
            if (options.Chooses(message)) chosen.Add(message);
        }

        if (options.Json) DmesgJson.Write(context.Out, chosen, options);
        else new DmesgText(context.Out, options, options.NeedsDates ? BootTime.Of(context) : default).Write(chosen);
        return ToolSession.Success;
    }
}
