// swapon and swapoff, as programs of the box.
//
// Models   util-linux 2.41: -a, -p, swapon's -e and -s, --show.
// Departs  what /etc/fstab has for -a is the profile's list of swap areas.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session.Console.Commands;

internal static class SwapSwitch
{
    private const int KernelsChoice = -1;
    private const int HighestPriority = 32767;
    private const int UsageStatus = 1;

    private static readonly (string, char)[] _names = [("all", 'a'), ("priority", 'p'), ("ifexists", 'e'), ("verbose", 'v'), ("show", 'S'), ("summary", 's')];

    public static ConsoleCommand On { get; } = new("swapon")
    {
        Start = static call => Begin(call, isOn: true),
        CanChange = static arguments => !IsShow(arguments),
        Check = static check => IsShow(check.Arguments) || OptionsOf("swapon", check.Arguments, out _, out var problem) is not null ? null : $"swapon: {problem}",
    };

    public static ConsoleCommand Off { get; } = new("swapoff")
    {
        Start = static call => Begin(call, isOn: false),
        CanChange = static _ => true,
        Check = static check => OptionsOf("swapoff", check.Arguments, out _, out var problem) is not null ? null : $"swapoff: {problem}",
    };

    /// <summary>swapon that shows what is in use.</summary>
    private static bool IsShow(IReadOnlyList<string> arguments) =>
        arguments.Count == 0 || arguments.Any(static argument => argument is "-s" or "--summary" or "--help" or "-h" or "-V" or "--version" || argument.StartsWith("--show", StringComparison.Ordinal));

    private static StartedJob Begin(CommandCall call, bool isOn)
    {
        if (isOn && IsShow(call.Arguments))
        {
            return new StartedJob(null, Show(call));
        }

        var options = OptionsOf(call.Name, call.Arguments, out var priority, out var problem) ?? throw new CommandException(problem, UsageStatus);
        var disks = new List<SwapDisk>();
        if (options.Has('a'))
        {
            disks.AddRange(isOn ? Unused(call) : Used(call).Select(static disk => new SwapDisk(disk, KernelsChoice)));
        }

        disks.AddRange(options.Operands.Select(disk => new SwapDisk(disk, priority)));
        if (disks.Count == 0)
        {
            return default;
        }

        var verbs = call.VerbsFor($"{disks[0].Disk}: {call.Name} failed: ");
        var program = new SwapCommand(isOn, disks);
        return ProgramJob.Start(
            call, verbs, program, () => string.Concat(program.Complaints(static error => ((Errno)(int)error).Describe()).Select(static complaint => complaint + "\n")));
    }

    /// <summary>swapon -a: the box's areas that are not in use.</summary>
    private static IEnumerable<SwapDisk> Unused(CommandCall call)
    {
        var used = Used(call);
        return (call.Host.Verbs?.ConfiguredSwaps ?? []).Where(area => !used.Contains(area.Device)).Select(static area => new SwapDisk(area.Device, area.Priority));
    }

    private static List<string> Used(CommandCall call)
    {
        if (call.TryRead("/proc/swaps", out var swaps) != Errno.None)
        {
            return [];
        }

        return [.. Encoding.UTF8.GetString(swaps.Span).Split('\n').Skip(1).Where(static row => row.Length > 0).Select(static row => row.Split(' ', '\t')[0])];
    }

    private static int Show(CommandCall call)
    {
        if (ToolRegistry.Find(call.Name) is { } tool)
        {
            return ToolCommand.Run(call, tool);
        }

        if (!call.Arguments.Any(static argument => argument is "-s" or "--summary"))
        {
            throw new CommandException("what is in use is shown by swapon -s, or cat /proc/swaps");
        }

        var errno = call.TryRead("/proc/swaps", out var swaps);
        if (errno != Errno.None)
        {
            throw new CommandException($"/proc/swaps: open failed: {errno.Describe()}");
        }

        call.Out.Write(swaps.Span);
        return 0;
    }

    private static ShortOptions? OptionsOf(string name, IReadOnlyList<string> arguments, out int priority, out string problem)
    {
        priority = KernelsChoice;
        problem = string.Empty;
        try
        {
            var options = new ShortOptions(arguments, name == "swapon" ? "ap:ev" : "av", _names, UsageStatus, name);
            if (options.ValueOf('p') is { } given
                && (!int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out priority) || priority is < KernelsChoice or > HighestPriority))
            {
                problem = $"failed to parse priority: '{given}'";
                return null;
            }

            if (!options.Has('a') && options.Operands.Count == 0)
            {
                problem = $"bad usage\nTry '{name} --help' for more information.";
                return null;
            }

            return options;
        }
        catch (CommandException wrong)
        {
            problem = wrong.Message;
            return null;
        }
    }
}
