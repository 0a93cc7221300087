using System.Globalization;

namespace VboxMem.Session.Console.Commands;

/// <summary>sleep: lets simulated time pass. Its numbers may have fractions and the units s m h d, and add up. Models GNU coreutils 9.7.</summary>
internal static class Sleep
{
    /// <summary>Ten years.</summary>
    private const decimal MostSeconds = 10m * 366 * 86_400;

    public static ConsoleCommand Command { get; } = new("sleep")
    {
        Run = Run,
        Check = static check => SecondsOf(check.Arguments, out var problem) is null ? $"sleep: {problem.Split('\n')[0]}" : null,
    };

    private static int Run(CommandCall call)
    {
        var seconds = SecondsOf(call.Arguments, out var problem) ?? throw new CommandException(problem);
        var ticker = call.Host.Ticker ?? throw new CommandException("time stands still in this file tree");
        call.Out.Flush();
        var ticks = (long)(seconds * TimeSpan.TicksPerSecond);
        return ticks == 0 || ticker.TryAdvance(TimeSpan.FromTicks(ticks)) ? 0 : BoxConsole.InterruptedStatus;
    }

    private static decimal? SecondsOf(IReadOnlyList<string> arguments, out string problem)
    {
        problem = arguments.Count == 0 ? "missing operand\nTry 'sleep --help' for more information." : string.Empty;
        var sum = 0m;
        foreach (var argument in arguments)
        {
            var digits = argument.TrimEnd('s', 'm', 'h', 'd');
            var unit = argument[digits.Length..] switch { "" or "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, _ => 0 };
            if (unit == 0 || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                problem = $"invalid time interval '{argument}'\nTry 'sleep --help' for more information.";
                return null;
            }

            if (value > MostSeconds || (sum += value * unit) > MostSeconds)
            {
                problem = $"{argument}: longer than ten years";
                return null;
            }
        }

        return problem.Length > 0 ? null : sum;
    }
}
