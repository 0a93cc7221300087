using System.Globalization;
using System.Text;

namespace VboxMem.Session.Console.Commands;

/// <summary>Signals by number and name, as bash has them on x86-64. Models Linux's signal(7).</summary>
internal static class SignalNames
{
    public const int Terminate = 15;
    public const int Last = 64;

    private const int FirstRealTime = 34;

    private static readonly string[] _names =
    [
        "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>What a shell says of a process that a signal has ended.</summary>
    public static string EndOf(int signal) => signal switch
    {
        1 => "Hangup",
        2 => "Interrupt",
        6 => "Aborted",
        7 => "Bus error",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        15 => "Terminated",
        _ => string.Create(CultureInfo.InvariantCulture, $"Unknown signal {signal}"),
    };

    /// <summary>A number or a name, in any case, with SIG or without.</summary>
    public static bool TryParse(string text, out int signal)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out signal))
        {
            return signal <= Last;
        }

        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        for (signal = 0; signal <= Last; signal++)
        {
            if (NameOf(signal) is { } known && known.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>Null for the two that the C library keeps for itself.</returns>
    public static string? NameOf(int signal)
    {
        const int MiddleOffset = 15;
        return signal < _names.Length ? _names[signal]
            : signal is < FirstRealTime or > Last ? null
            : signal == FirstRealTime ? "RTMIN"
            : signal == Last ? "RTMAX"
            : signal - FirstRealTime <= MiddleOffset ? string.Create(CultureInfo.InvariantCulture, $"RTMIN+{signal - FirstRealTime}")
            : string.Create(CultureInfo.InvariantCulture, $"RTMAX-{Last - signal}");
    }

    /// <summary>bash's table, five in a row.</summary>
    public static string Table()
    {
        const int Columns = 5;
        var text = new StringBuilder();
        var column = 0;
        for (var signal = 1; signal <= Last; signal++)
        {
            if (NameOf(signal) is not { } name)
            {
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"{signal,2}) SIG{name}").Append(++column % Columns == 0 ? '\n' : '\t');
        }

        return column % Columns == 0 ? text.ToString() : text.Append('\n').ToString();
    }
}
