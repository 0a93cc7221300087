// ps's command line: UNIX options with a dash, BSD options without, GNU options with two, in any mixture.
//
// It is first read as that; where something is wrong with it, once more as if every dash before letters were not there (so that
// "ps -aux" is "ps aux" where there is no user x). If that fails too, the first complaint is the one that is printed.
//
// Models  procps-ng 4.0.2 and 4.0.4, ps(1).
// Departs the environment (PS_FORMAT, PS_PERSONALITY, COLUMNS, …) has no influence. --info, and 4.0.4's -D (--date-format) are unknown.

using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

internal sealed class PsCommandLine
{
    private readonly IReadOnlyList<string> _arguments;
    private readonly PsWords _words;
    private readonly PsLists _lists;
    private readonly PsFormatOptions _formatOptions;
    private readonly PsSelf _self;
    private readonly bool _isSecondTry;
    private readonly PsRequest _request;

    private PsCommandLine(IReadOnlyList<string> arguments, ToolContext context, Accounts accounts, PsSelf self, bool isSecondTry)
    {
        _arguments = arguments;
        _words = new PsWords(arguments);
        _self = self;
        _isSecondTry = isSecondTry;
        _request = new PsRequest
        {
            ScreenColumns = context.ScreenColumns ?? PsLayout.Unlimited, ScreenRows = context.ScreenRows, PrefersBsd = isSecondTry,
        };
        _lists = new PsLists(context.Tree, accounts, _request);
        _formatOptions = new PsFormatOptions(_request, PidWidth(context.Tree));
    }

    /// <exception cref="PsOptionException">Neither reading makes sense.</exception>
    internal static PsRequest Parse(IReadOnlyList<string> arguments, ToolContext context, Accounts accounts, PsSelf self)
    {
        try
        {
            return new PsCommandLine(arguments, context, accounts, self, isSecondTry: false).Parse();
        }
        catch (PsOptionException first)
        {
            try
            {
                return new PsCommandLine(arguments, context, accounts, self, isSecondTry: true).Parse();
            }
            catch (PsOptionException)
            {
                throw first;
            }
        }
    }

    /// <summary>Digits of the largest pid; 5 where the tree does not tell.</summary>
    private static int PidWidth(IFileTree tree)
    {
        if (tree.TryRead("/proc/sys/kernel/pid_max", out var content) != Errno.None) return 5;
        return int.TryParse(content.Span.Trim(" \t\n"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most > 0
            ? (most - 1).ToString(CultureInfo.InvariantCulture).Length
            : 5;
    }

    private PsRequest Parse()
    {
        while (_request.Instead == PsInstead.Nothing && _words.TryNextWord()) ParseWord();
        if (_request.Instead != PsInstead.Nothing) return _request;
        CheckThreads();
        _formatOptions.Finish();
        CheckSelection();
        if (_request.Wide > 0 && _request.ScreenColumns < 132) _request.ScreenColumns = 132;
        if (_request.Wide > 1) _request.ScreenColumns = PsLayout.Unlimited;
        return _request;
    }

    private void ParseWord()
    {
        var word = _words.Word;
        var (first, second, third) = (LetterAt(word, 0), LetterAt(word, 1), LetterAt(word, 2));
        if (char.IsAsciiLetter(first))
        {
            if (_isSecondTry) throw new PsOptionException("way bad");
            ParseBsd(before: -1);
        }
        else if (char.IsAsciiDigit(first) || first == '+' || (first == '-' && char.IsAsciiDigit(second)))
        {
            _request.PrefersBsd = true;
            ParseTrailingPids();
        }
        else if (first == '-' && char.IsAsciiLetter(second))
        {
            if (_isSecondTry) ParseBsd(before: 0);
            else ParseUnix();
        }
        else if (first == '-' && second == '-' && char.IsAsciiLetter(third))
        {
            ParseLong(word[2..]);
        }
        else
        {
            throw new PsOptionException("garbage option");
        }
    }

    private static char LetterAt(string word, int index) => index < word.Length ? word[index] : '\0';

    private void ParseUnix()
    {
        _words.StartLetters(before: 0);
        while (_request.Instead == PsInstead.Nothing && _words.TryNextLetter(out var letter))
        {
            if (letter == '-') throw new PsOptionException("embedded '-' among SysV options makes no sense");
            if (TryUnixFlag(letter)) continue;
            if (TryUnixWithArgument(letter)) return;
            throw new PsOptionException(letter == 'x' ? "must set personality to get -x option" : "unsupported SysV option");
        }
    }

    private bool TryUnixFlag(char letter)
    {
        switch (letter)
        {
            case 'A' or 'e': _request.AllProcesses = true; break;
            case 'F': _request.Modifiers |= PsModifiers.Fuller; goto case 'f';
            case 'f':
                _request.Formats |= PsFormats.Full;
                _request.FullCommand = true;
                break;
            case 'H': _request.Forest = 'u'; break;
            case 'L': _request.Threads |= PsThreads.UnixL; break;
            case 'M' or 'Z': _request.Modifiers |= PsModifiers.Security; break;
            case 'N': _request.Negated = true; break;
            case 'P': _request.Modifiers |= PsModifiers.Processor; break;
            case 'T': _request.Threads |= PsThreads.UnixT; break;
            case 'V': Exclusive("-V", PsInstead.Version); break;
            case 'a': _request.Simple |= PsSimple.UnixA; break;
            case 'c': _request.Modifiers |= PsModifiers.Scheduling; break;
            case 'd': _request.Simple |= PsSimple.UnixD; break;
            case 'j': _request.Modifiers |= PsModifiers.Jobs; break;
            case 'l': _request.Formats |= PsFormats.Long; break;
            case 'm': _request.Threads |= PsThreads.UnixM; break;
            case 'w': _request.Wide++; break;
            case 'y': _request.Modifiers |= PsModifiers.ResidentForAddress; break;
            default: return false;
        }

        return true;
    }

    /// <summary>Options that take the rest of the word, or the next one.</summary>
    private bool TryUnixWithArgument(char letter)
    {
        switch (letter)
        {
            case 'C': Select(PsSelect.Command, "list of command names must follow -C"); break;
            case 'G': Select(PsSelect.RealGroup, "list of real groups must follow -G"); break;
            case 'U': Select(PsSelect.RealUser, "list of real users must follow -U"); break;
            case 'p': Select(PsSelect.Pid, "list of process IDs must follow -p"); break;
            case 'q': Select(PsSelect.QuickPid, "List of process IDs must follow -q."); break;
            case 's': Select(PsSelect.Session, "list of session IDs must follow -s"); break;
            case 't': Select(PsSelect.Terminal, "list of terminals (pty, tty...) must follow -t"); break;
            case 'u': Select(PsSelect.EffectiveUser, "list of users must follow -u"); break;
            case 'g':
                _lists.AddSessionsOrGroups(Argument("list of session leaders OR effective group names must follow -g"));
                break;
            case 'O':
                _formatOptions.Defer(PsFormatSource.UnixO, Argument("format or sort specification must follow -O"));
                break;
            case 'o':
                _formatOptions.Defer(PsFormatSource.Format, Argument("format specification must follow -o"));
                break;
            default: return false;
        }

        return true;
    }

    private void ParseBsd(int before)
    {
        _request.PrefersBsd = true;
        _words.StartLetters(before);
        while (_request.Instead == PsInstead.Nothing && _words.TryNextLetter(out var letter))
        {
            if (char.IsAsciiDigit(letter))
            {
                _lists.Add(PsSelect.Pid, _words.FromLetter);
                return;
            }

            if (letter == '-') throw new PsOptionException("embedded '-' among BSD options makes no sense");
            if (TryBsdFlag(letter) || TryBsdFormat(letter)) continue;
            if (TryBsdWithArgument(letter)) return;
            throw new PsOptionException(letter == 'W' ? "obsolete W option not supported (you have a /dev/drum?)" : "unsupported option (BSD syntax)");
        }
    }

    private bool TryBsdFlag(char letter)
    {
        switch (letter)
        {
            case 'H': _request.Threads |= PsThreads.BsdH; break;
            case 'L': Exclusive("L", PsInstead.Specifiers); break;
            case 'M': _request.Threads |= PsThreads.BsdM; break;
            case 'S': _request.WithDeadChildren = true; break;
            case 'T': _lists.AddOwnTerminal(_self.Terminal); break;
            case 'V': Exclusive("V", PsInstead.Version); break;
            case 'Z': _request.Modifiers |= PsModifiers.Security; break;
            case 'a': _request.Simple |= PsSimple.BsdA; break;
            case 'c': _request.NameOnly = true; break;
            case 'e': _request.WithEnvironment = true; break;
            case 'f': _request.Forest = 'b'; break;
            case 'g': _request.Simple |= PsSimple.BsdG; break;
            case 'h': SetHeader(PsHeader.None); break;
            case 'n':
                _request.ChannelIsNumber = true;
                _request.UserIsNumber = true;
                break;
            case 'r': _request.RunningOnly = true; break;
            case 'w': _request.Wide++; break;
            case 'x': _request.Simple |= PsSimple.BsdX; break;
            default: return false;
        }

        return true;
    }

    private bool TryBsdFormat(char letter)
    {
        switch (letter)
        {
            case 'X': _request.Formats |= PsFormats.Registers; break;
            case 'j': _request.Formats |= PsFormats.BsdJobs; break;
            case 'l': _request.Formats |= PsFormats.BsdLong; break;
            case 's': _request.Formats |= PsFormats.BsdSignals; break;
            case 'u': _request.Formats |= PsFormats.BsdUser; break;
            case 'v': _request.Formats |= PsFormats.BsdMemory; break;

            // Where dashes stand before BSD options, m is the memory format of old.
            case 'm' when _isSecondTry: _request.Formats |= PsFormats.OldMemory; break;
            case 'm': _request.Threads |= PsThreads.BsdM; break;
            default: return false;
        }

        return true;
    }

    private bool TryBsdWithArgument(char letter)
    {
        switch (letter)
        {
            case 'U': Select(PsSelect.EffectiveUser, "list of users must follow U"); break;
            case 'p': Select(PsSelect.Pid, "list of process IDs must follow p"); break;
            case 'q': Select(PsSelect.QuickPid, "List of process IDs must follow q."); break;
            case 'O':
                _formatOptions.Defer(PsFormatSource.BsdO, Argument("format or sort specification must follow O"));
                break;
            case 'k':
                _formatOptions.Defer(PsFormatSource.Sort, Argument("long sort specification must follow 'k'"));
                break;
            case 'o':
                _formatOptions.Defer(PsFormatSource.Format, Argument("format specification must follow o"));
                break;
            case 't':
                if (_words.TakeArgument() is { } list) _lists.Add(PsSelect.Terminal, list);
                else _lists.AddOwnTerminal(_self.Terminal);
                break;
            default: return false;
        }

        return true;
    }

    private void ParseLong(string text)
    {
        var end = text.AsSpan().IndexOfAny(':', '=');
        var name = end < 0 ? text : text[..end];
        if (name.Length > 15) throw new PsOptionException("unknown gnu long option");
        var rest = text[name.Length..];
        if (TryLongFlag(name, rest) || TryLongNumber(name, rest) || TryLongList(name, rest)) return;
        switch (name)
        {
            case "format":
                _formatOptions.Defer(PsFormatSource.Format, LongArgument(rest, "format specification must follow --format"));
                break;
            case "sort":
                _formatOptions.Defer(PsFormatSource.Sort, LongArgument(rest, "long sort specification must follow --sort"));
                break;
            case "version":
                Exclusive("--version", PsInstead.Version);
                break;
            case "help":
                _request.Instead = PsInstead.Usage;
                break;
            default: throw new PsOptionException("unknown gnu long option");
        }
    }

    private bool TryLongFlag(string name, string rest)
    {
        switch (name)
        {
            case "context": _request.Formats |= PsFormats.SecurityContext; return true;
            case "cumulative":
                WantNoArgument(rest, "cumulative");
                _request.WithDeadChildren = true;
                return true;
            case "deselect":
                WantNoArgument(rest, "deselect");
                _request.Negated = true;
                return true;
            case "forest":
                WantNoArgument(rest, "forest");
                _request.Forest = 'g';
                return true;
            case "no-header" or "no-headers" or "no-heading" or "no-headings" or "noheader" or "noheaders" or "noheading" or "noheadings":
                WantNoArgument(rest, "no-heading");
                SetHeader(PsHeader.None);
                return true;
            case "header" or "headers" or "heading" or "headings":
                WantNoArgument(rest, "heading");
                SetHeader(PsHeader.EveryPage);
                return true;
            case "json":
                WantNoArgument(rest, "json");
                _request.Json = true;
                return true;
            default: return false;
        }
    }

    private bool TryLongNumber(string name, string rest)
    {
        switch (name)
        {
            case "cols" or "columns" or "width":
                _request.ScreenColumns = Number(rest, "number of columns must follow --cols, --width, or --columns");
                return true;
            case "rows" or "lines":
                _request.ScreenRows = Number(rest, "number of rows must follow --rows or --lines");
                return true;
            default: return false;
        }
    }

    private bool TryLongList(string name, string rest)
    {
        var (by, complaint) = name switch
        {
            "Group" => (PsSelect.RealGroup, "list of real groups must follow --Group"),
            "User" => (PsSelect.RealUser, "list of real users must follow --User"),
            "group" => (PsSelect.EffectiveGroup, "list of effective groups must follow --group"),
            "user" => (PsSelect.EffectiveUser, "list of effective users must follow --user"),
            "pid" => (PsSelect.Pid, "list of process IDs must follow --pid"),
            "quick-pid" => (PsSelect.QuickPid, "List of process IDs must follow --quick-pid."),
            "ppid" => (PsSelect.Parent, "list of process IDs must follow --ppid"),
            "sid" => (PsSelect.Session, "some sid thing(s) must follow --sid"),
            "tty" => (PsSelect.Terminal, "list of ttys must follow --tty"),
            _ => (default, ""),
        };
        if (complaint.Length == 0) return false;
        _lists.Add(by, LongArgument(rest, complaint));
        return true;
    }

    private int Number(string rest, string complaint)
    {
        var text = LongArgument(rest, complaint);
        return PsLists.TryNumber(text, out var number) && number is > 0 and < 2_000_000_000 ? (int)number : throw new PsOptionException(complaint);
    }

    /// <summary>Behind "=" or ":", else the next word; never empty.</summary>
    private string LongArgument(string rest, string complaint) =>
        (rest.Length > 1 ? rest[1..] : rest.Length == 1 ? null : _words.TakeWord()) ?? throw new PsOptionException(complaint);

    private static void WantNoArgument(string rest, string name)
    {
        if (rest.Length > 0) throw new PsOptionException($"option --{name} does not take an argument");
    }

    private string Argument(string complaint) => _words.TakeArgument() ?? throw new PsOptionException(complaint);

    private void Select(PsSelect by, string complaint) => _lists.Add(by, Argument(complaint));

    private void SetHeader(PsHeader header)
    {
        if (_request.Header != PsHeader.Once) throw new PsOptionException("only one heading option may be specified");
        _request.Header = header;
    }

    private void Exclusive(string option, PsInstead instead)
    {
        if (_arguments.Count != 1 || _arguments[0] != option) throw new PsOptionException($"the option is exclusive: {option}");
        _request.Instead = instead;
    }

    /// <summary>Numbers at the end: processes, with - before them process groups, with + sessions.</summary>
    private void ParseTrailingPids()
    {
        List<uint> processes = [], groups = [], sessions = [];
        do
        {
            var word = _words.Word;
            if (word.StartsWith('-')) groups.Add(PsLists.Pid(word[1..]));
            else if (word.StartsWith('+')) sessions.Add(PsLists.Pid(word[1..]));
            else processes.Add(PsLists.Pid(word));
        }
        while (_words.TryNextWord());

        if (processes.Count > 0) _request.Selectors.Insert(0, new PsSelector(PsSelect.Pid, processes, []));
        if (groups.Count > 0) _request.Selectors.Insert(0, new PsSelector(PsSelect.ProcessGroup, groups, []));
        if (sessions.Count > 0) _request.Selectors.Insert(0, new PsSelector(PsSelect.Session, sessions, []));
    }

    private void CheckThreads()
    {
        var threads = _request.Threads;
        if (threads == PsThreads.None)
        {
            _request.Threads = PsThreads.ShowProcess;
            return;
        }

        if (_request.Forest != '\0') throw new PsOptionException("thread display conflicts with forest display");
        var (isH, isM, isUnixM) = (threads.HasFlag(PsThreads.BsdH), threads.HasFlag(PsThreads.BsdM), threads.HasFlag(PsThreads.UnixM));
        if (isH && (isM || isUnixM)) throw new PsOptionException("thread flags conflict; can't use H with m or -m");
        if (isM && isUnixM) throw new PsOptionException("thread flags conflict; can't use both m and -m");
        var isLOrT = (threads & (PsThreads.UnixL | PsThreads.UnixT)) != 0;
        if (threads.HasFlag(PsThreads.UnixL | PsThreads.UnixT)) throw new PsOptionException("thread flags conflict; can't use both -L and -T");

        if (isH) threads |= PsThreads.ShowProcess | PsThreads.LooseTasks;
        if (isM || isUnixM) threads |= PsThreads.ShowProcess | PsThreads.ShowTask | PsThreads.ShowBoth;
        if (isLOrT) threads |= isH || isM || isUnixM ? PsThreads.MustUse : PsThreads.ShowTask;
        _request.Threads = threads;
    }

    private void CheckSelection()
    {
        if (!PsSelection.IsPossible(_request)) throw new PsOptionException("process selection options conflict");
    }
}
