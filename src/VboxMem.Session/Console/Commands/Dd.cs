// dd, as a program of the box that reads and writes through its page cache, and the summary it ends with.
//
// Models   GNU coreutils 9.7: dd with if of bs count skip seek conv=notrunc,fsync,fdatasync status=none,noxfer.
// Departs  files are those of the box's disks and of its tmpfs, /dev/zero and /dev/null: not those of /proc and /sys, no raw disks.

using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session.Console.Commands;

internal static class Dd
{
    private const ulong UsualBlock = 512;
    private const ulong LargestBlock = 1UL << 40;
    private const ulong LargestOffset = 1UL << 60;
    private const string SeeHelp = "\nTry 'dd --help' for more information.";

    private static readonly string[] _outOfReach = ["/proc/", "/sys/", "/dev/"];

    public static ConsoleCommand Command { get; } = new("dd")
    {
        Start = Begin,
        CanChange = static _ => true,
        Check = static check => TryParse(check.Arguments, out _, out _, out var problem) ? null : $"dd: {problem.Split('\n')[0]}",
    };

    /// <summary>How much it says in the end.</summary>
    private enum Summary
    {
        Whole,
        Records,
        None,
    }

    private static StartedJob Begin(CommandCall call)
    {
        if (!TryParse(call.Arguments, out var options, out var summary, out var problem))
        {
            throw new CommandException(problem);
        }

        var verbs = call.VerbsFor($"failed to open {Quoted.Of(options!.Output == DdCommand.Nowhere ? options.Input : options.Output)}: ");
        var program = new DdCommand(options);
        return ProgramJob.Start(call, verbs, program, () => Report(program, options, summary));
    }

    private static string Report(DdCommand program, DdOptions options, Summary summary)
    {
        var reason = program.Error == Kernel.Sched.SystemCallError.None ? string.Empty : ((Errno)(int)program.Error).Describe();
        var (input, output) = (Quoted.Of(options.Input), Quoted.Of(options.Output));
        switch (program.Failure)
        {
            case DdFailure.Memory:
                return $"dd: memory exhausted by input buffer of size {options.BlockBytes} bytes ({HumanSize.Of(options.BlockBytes, isBinary: true)})\n";
            case DdFailure.OpenInput:
                return $"dd: failed to open {input}: {reason}\n";
            case DdFailure.OpenOutput:
                return $"dd: failed to open {output}: {reason}\n";
            default:
                break;
        }

        var message = program.Failure switch
        {
            DdFailure.Read => $"dd: error reading {input}: {reason}\n",
            DdFailure.Write => $"dd: error writing {output}: {reason}\n",
            DdFailure.Sync => $"dd: fsync failed for {output}: {reason}\n",
            _ => string.Empty,
        };
        return message + Records(program, summary);
    }

    private static string Records(DdCommand program, Summary summary)
    {
        if (summary == Summary.None)
        {
            return string.Empty;
        }

        var (wholeIn, partIn, wholeOut, partOut) = program.Records;
        var records = string.Create(CultureInfo.InvariantCulture, $"{wholeIn}+{partIn} records in\n{wholeOut}+{partOut} records out\n");
        return summary == Summary.Records ? records : records + DdSummary.Of(program.Bytes, program.Elapsed.Nanoseconds) + "\n";
    }

    private static bool TryParse(IReadOnlyList<string> arguments, out DdOptions? options, out Summary summary, out string problem)
    {
        var (input, output, block) = ("", "", UsualBlock);
        ulong? count = null;
        var (skip, seek, isTruncating, isSynced) = (0UL, 0UL, true, false);
        (options, summary, problem) = (null, Summary.Whole, string.Empty);
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var value = argument[(equals + 1)..];
            var isKnown = true;
            switch (equals < 0 ? string.Empty : argument[..equals])
            {
                case "if":
                    input = value;
                    break;
                case "of":
                    output = value;
                    break;
                case "bs":
                    isKnown = TryNumber(value, out block, out problem) && (block > 0 || IsInvalid(value, out problem));
                    break;
                case "count":
                    isKnown = TryNumber(value, out var blocks, out problem);
                    count = blocks;
                    break;
                case "skip" or "iseek":
                    isKnown = TryNumber(value, out skip, out problem);
                    break;
                case "seek" or "oseek":
                    isKnown = TryNumber(value, out seek, out problem);
                    break;
                case "conv":
                    isKnown = TryConversions(value, ref isTruncating, ref isSynced, out problem);
                    break;
                case "status":
                    isKnown = value is "none" or "noxfer";
                    summary = value == "none" ? Summary.None : Summary.Records;
                    problem = isKnown ? string.Empty : value == "progress" ? "status=progress is not known here" : $"invalid status level: '{value}'{SeeHelp}";
                    break;
                case "ibs" or "obs" or "cbs" or "iflag" or "oflag":
                    problem = $"{argument[..equals]} is not known here";
                    isKnown = false;
                    break;
                default:
                    problem = $"unrecognized operand {Quoted.Of(argument)}{SeeHelp}";
                    isKnown = false;
                    break;
            }

            if (!isKnown)
            {
                return false;
            }
        }

        options = new DdOptions(input, output, block, count, skip, seek, isTruncating, isSynced);
        problem = Problem(options);
        return problem.Length == 0;
    }

    /// <summary>What this dd cannot do, in its own words.</summary>
    private static string Problem(DdOptions options)
    {
        if (options.Input.Length == 0 || options.Output.Length == 0)
        {
            return options.Input.Length == 0 ? "if= is wanted: there is nothing on standard input" : "of= is wanted: what is in the box's files is not shown";
        }

        if (options.Input == DdCommand.Zeros && options.Output == DdCommand.Nowhere && options.Count is null)
        {
            return "zeros to nowhere without end: give count=";
        }

        foreach (var path in (string[])[options.Input == DdCommand.Zeros ? "/" : options.Input, options.Output == DdCommand.Nowhere ? "/" : options.Output])
        {
            if (!path.StartsWith('/') || _outOfReach.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)))
            {
                return $"{path}: dd copies files of the box's disks and tmpfs, by their whole path, and /dev/zero, /dev/null";
            }
        }

        return options.BlockBytes > LargestBlock || (UInt128)options.BlockBytes * Math.Max(options.SkippedBlocks, options.SoughtBlocks) > LargestOffset
            ? $"{options.BlockBytes}: larger than any file"
            : string.Empty;
    }

    private static bool TryConversions(string value, ref bool isTruncating, ref bool isSynced, out string problem)
    {
        problem = string.Empty;
        foreach (var word in value.Split(','))
        {
            switch (word)
            {
                case "notrunc":
                    isTruncating = false;
                    break;
                case "fsync" or "fdatasync":
                    isSynced = true;
                    break;
                default:
                    problem = $"invalid conversion: {Quoted.Of(word)}{SeeHelp}";
                    return false;
            }
        }

        return true;
    }

    /// <summary>Numbers may be products (2x512) and have suffixes.</summary>
    private static bool TryNumber(string text, out ulong value, out string problem)
    {
        value = 1;
        problem = string.Empty;
        foreach (var factor in text.Split('x'))
        {
            var digits = factor.Length > 0 && factor[^1] is 'c' or 'w' ? factor[..^1] : factor;
            var unit = factor.EndsWith('w') ? 2UL : 1;
            if (!ShortOptions.TryNumber(digits, out var number))
            {
                return IsInvalid(text, out problem);
            }

            var product = (UInt128)value * (ulong)number * unit;
            if (product > long.MaxValue)
            {
                problem = $"invalid number: {Quoted.Of(text)}: Value too large for defined data type";
                return false;
            }

            value = (ulong)product;
        }

        return true;
    }

    private static bool IsInvalid(string text, out string problem)
    {
        problem = $"invalid number: {Quoted.Of(text)}";
        return false;
    }
}
