// sar's command line. Not getopt: words are taken one by one, letters bundle, and a few letters look at the word behind
// them for a keyword.

using System.Globalization;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Sar;

/// <summary>What sar was asked for.</summary>
internal sealed class SarOptions
{
    internal const string Usage =
        """
        Usage: sar [ options ] [ <interval> [ <count> ] ]
          -B                    paging
          -q [ LOAD,CPU,IO,MEM,PSI | ALL ]   run queue and load; pressure
          -r [ ALL ]            memory
          -S                    swap space
          -u [ ALL ]            CPUs together; -P { <list> | ALL } one by one
          -W                    swapping
          -h                    --pretty --human
          --human               sizes with a unit, per cent with a sign
          -p, --pretty          reports that are easier to read (these reports are already)
          --dec={ 0 | 1 | 2 }   decimal places
          -z                    leave out idle devices (these reports have none)
          --json                the figures as JSON
          --help, -V            this text, the version
        An interval of 0 reports averages since boot.

        """;

    /// <summary>sar's own letters for reports and files that are not here.</summary>
    private const string LeftOut = "AbCDdFHImnvwytefisoj";

    private SarReports _asked;

    internal SarReports Reports => _asked == 0 ? SarReports.Cpu : _asked;

    internal bool AllCpuFields { get; private set; }

    internal bool AllMemoryFields { get; private set; }

    /// <summary>Which CPUs -u shows: null for all together only.</summary>
    internal CpuSelection? Cpus { get; private set; }

    internal bool Human { get; private set; }

    internal int Decimals { get; private set; } = 2;

    /// <summary>Seconds; 0 is since boot; null reads a daily file.</summary>
    internal ulong? Interval { get; private set; }

    /// <summary>Null: without end.</summary>
    internal ulong? Count { get; private set; }

    internal bool Json { get; private set; }

    internal bool ShowVersion { get; private set; }

    internal bool ShowHelp { get; private set; }

    /// <exception cref="UsageException">An option sar has not, or one that is left out here.</exception>
    internal static SarOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new SarOptions();
        for (var i = 0; i < arguments.Count && !options.ShowVersion && !options.ShowHelp; i++)
        {
            var word = arguments[i];
            if (word.StartsWith("--", StringComparison.Ordinal)) options.TakeLong(word);
            else if (word.Length > 1 && word[0] == '-') options.TakeLetters(word, arguments, ref i);
            else options.TakeOperand(word);
        }

        return options;
    }

    private void TakeLong(string word)
    {
        switch (word)
        {
            case "--human": Human = true; break;
            case "--pretty": break;
            case "--json": Json = true; break;
            case "--help": ShowHelp = true; break;
            case "--dec=0" or "--dec=1" or "--dec=2": Decimals = word[^1] - '0'; break;
            default: throw new UsageException($"{word}: no such option here", Usage);
        }
    }

    private void TakeLetters(string word, IReadOnlyList<string> arguments, ref int place)
    {
        for (var i = 1; i < word.Length; i++)
        {
            var next = i == word.Length - 1 && place + 1 < arguments.Count ? arguments[place + 1] : null;
            switch (word[i])
            {
                case 'B': _asked |= SarReports.Paging; break;
                case 'S': _asked |= SarReports.SwapSpace; break;
                case 'W': _asked |= SarReports.Swapping; break;
                case 'h': Human = true; break;
                case 'p' or 'z': break;
                case 'V': ShowVersion = true; return;
                case 'r':
                    _asked |= SarReports.Memory;
                    AllMemoryFields = TakesAll(next, ref place);
                    break;
                case 'u':
                    _asked |= SarReports.Cpu;
                    AllCpuFields = TakesAll(next, ref place);
                    break;
                case 'q': TakeQueue(word.Length == 2 ? next : null, ref place); break;   // keywords only behind a -q on its own
                case 'P': TakeCpus(next, ref place); break;
                default: throw Unknown(word[i]);
            }
        }
    }

    private static UsageException Unknown(char letter) => LeftOut.Contains(letter, StringComparison.Ordinal)
        ? new UsageException($"-{letter}: this report or option is left out here", Usage)
        : new UsageException($"-{letter}: no such option", Usage);

    private static bool TakesAll(string? next, ref int place)
    {
        if (next != "ALL") return false;
        place++;
        return true;
    }

    private void TakeQueue(string? next, ref int place)
    {
        if (next is null || next.StartsWith('-') || IsNumber(next))
        {
            _asked |= SarReports.Load;
            return;
        }

        place++;
        foreach (var keyword in next.Split(','))
        {
            _asked |= keyword switch
            {
                "LOAD" => SarReports.Load,
                "CPU" => SarReports.CpuPressure,
                "IO" => SarReports.IoPressure,
                "MEM" => SarReports.MemoryPressure,
                "PSI" => SarReports.Pressure,
                "ALL" => SarReports.Load | SarReports.Pressure,
                _ => throw new UsageException($"-q {next}: allowed are LOAD, CPU, IO, MEM, PSI and ALL", Usage),
            };
        }
    }

    private void TakeCpus(string? next, ref int place)
    {
        if (next is null || !CpuSelection.TryParse(next, out var cpus))
            throw new UsageException($"-P {next}: allowed are ALL or a list such as all,0,2-5", Usage);
        Cpus = cpus;
        place++;
    }

    private void TakeOperand(string word)
    {
        ulong number = 0;   // which an empty word is
        if (word.Length > 0 && !ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            throw new UsageException($"\"{word}\": an interval and a count are whole numbers", Usage);
        if (Interval is null)
        {
            if (number > int.MaxValue) throw new UsageException($"{word}: an interval is at most {int.MaxValue} seconds", Usage);
            Interval = number;
        }
        else if (Count is null && Interval > 0 && number > 0) Count = number;
        else throw new UsageException($"\"{word}\": one interval and one count, and no count for an interval of 0", Usage);
    }

    private static bool IsNumber(string word) => word.Length > 0 && !word.AsSpan().ContainsAnyExceptInRange('0', '9');
}
