using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Proc;

/// <summary>The files of <c>/proc/sys/kernel</c> that say what the box is, or bound its tasks.</summary>
/// <remarks>
/// Departs: all but randomize_va_space are read-only. The kernel model has no state behind them but the machine's description; Linux takes writes to
/// most of them.
/// </remarks>
internal static class SysKernel
{
    private const string Directory = "/proc/sys/kernel/";

    public static IEnumerable<ProcFile> Files()
    {
        yield return File("cap_last_cap", static (_, text) => text.Literal("40"u8));         // CAP_CHECKPOINT_RESTORE, the last one in 6.12
        yield return File("domainname", static (_, text) => text.Literal("(none)"u8));       // until user space sets one
        yield return File("hostname", static (machine, text) => text.Text(machine.Configuration.HostName));
        yield return File("ngroups_max", static (_, text) => text.Literal("65536"u8));       // a constant of the kernel
        yield return File("osrelease", static (_, text) => text.Text(KernelVersion.Release));
        yield return File("ostype", static (_, text) => text.Literal("Linux"u8));
        yield return File("overflowgid", static (_, text) => text.Literal("65534"u8));       // default of the kernel
        yield return File("overflowuid", static (_, text) => text.Literal("65534"u8));
        yield return File("panic", static (machine, text) => text.Number(PanicSeconds(machine)));
        yield return File("panic_on_oops", static (_, text) => text.Literal("0"u8));         // default of Debian's build
        yield return File("pid_max", static (machine, text) => text.Number((long)machine.Processes.PidMax));
        yield return File("printk", static (machine, text) =>
            text.Number(HasOption(machine, "quiet") ? 4L : 7L).Literal("\t4\t1\t7"u8));      // console, default, least, default console level
        yield return File("pty/max", static (_, text) => text.Literal("4096"u8));
        yield return File("pty/nr", static (_, text) => text.Literal("0"u8));                // no program has a terminal
        yield return File("pty/reserve", static (_, text) => text.Literal("1024"u8));
        yield return new ProcFile(
            Directory + "randomize_va_space",
            FileModes.ReadAllWriteOwner,
            static (machine, text) => text.Number((long)machine.KernelSettings.RandomizeVaSpace).NewLine(),
            static (machine, content) => machine.KernelSettings.TryWriteRandomizeVaSpace(content) ? Errno.None : Errno.EINVAL);
        yield return File("sched_schedstats", static (_, text) => text.Literal("0"u8));      // default
        yield return File("sysrq", static (_, text) => text.Literal("438"u8));               // default of Debian's build
        yield return File("tainted", static (_, text) => text.Literal("0"u8));               // no modules, no warnings in the model
        yield return File("threads-max", static (machine, text) => text.Number(machine.Processes.MaxThreads));
        yield return File("version", static (_, text) => text.Text(KernelVersion.Build));
    }

    private static ProcFile File(string name, FileRenderer value) =>
        new(Directory + name, FileModes.ReadAll, (machine, text) =>
        {
            value(machine, text);
            text.NewLine();
        });

    private static bool HasOption(Machine machine, string option) => Array.IndexOf(Options(machine), option) >= 0;

    /// <summary>panic= of the command line: seconds until reboot, negative for at once.</summary>
    private static long PanicSeconds(Machine machine)
    {
        const string Name = "panic=";
        var seconds = 0;
        foreach (var option in Options(machine))
        {
            if (option.StartsWith(Name, StringComparison.Ordinal))
            {
                _ = int.TryParse(option.AsSpan(Name.Length), System.Globalization.CultureInfo.InvariantCulture, out seconds);
            }
        }

        return seconds;
    }

    private static string[] Options(Machine machine) => machine.Configuration.CommandLine.Split(' ');
}
