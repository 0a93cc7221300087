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
    private readonly PsParse _parse;
    private readonly PsRequest _request;

    private PsCommandLine(IReadOnlyList<string> arguments, ToolContext context, Accounts accounts, PsSelf self, bool isSecondTry)
    {
        _request = new PsRequest
        {
            ScreenColumns = context.ScreenColumns ?? PsLayout.Unlimited, ScreenRows = context.ScreenRows, PrefersBsd = isSecondTry,
        };
        _parse = new PsParse(
            arguments, _request, new PsLists(context.Tree, accounts, _request),
            new PsFormatOptions(_request, PidWidth(context.Tree)), self, isSecondTry);
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
        while (_request.Instead == PsInstead.Nothing && _parse.Words.TryNextWord()) ParseWord();
        if (_request.Instead != PsInstead.Nothing) return _request;
        CheckThreads();
        _parse.Formats.Finish();
        CheckSelection();
        if (_request.Filter is not null && _request.Simple == PsSimple.None && _request.Selectors.Count == 0 && !_request.Negated) _request.AllProcesses = true;
        if (_request.Wide > 0 && _request.ScreenColumns < 132) _request.ScreenColumns = 132;
        if (_request.Wide > 1) _request.ScreenColumns = PsLayout.Unlimited;
        return _request;
    }

    private void ParseWord()
    {
        var word = _parse.Words.Word;
        var (first, second, third) = (LetterAt(word, 0), LetterAt(word, 1), LetterAt(word, 2));
        if (char.IsAsciiLetter(first))
        {
            if (_parse.IsSecondTry) throw new PsOptionException("way bad");
            new PsBsdOptions(_parse).Parse(before: -1);
        }
        else if (char.IsAsciiDigit(first) || first == '+' || (first == '-' && char.IsAsciiDigit(second)))
        {
            _request.PrefersBsd = true;
            ParseTrailingPids();
        }
        else if (first == '-' && char.IsAsciiLetter(second))
        {
            if (_parse.IsSecondTry) new PsBsdOptions(_parse).Parse(before: 0);
            else new PsUnixOptions(_parse).Parse();
        }
        else if (first == '-' && second == '-' && char.IsAsciiLetter(third))
        {
            new PsLongOptions(_parse).Parse(word[2..]);
        }
        else
        {
            throw new PsOptionException("garbage option");
        }
    }

    private static char LetterAt(string word, int index) => index < word.Length ? word[index] : '\0';

    /// <summary>Numbers at the end: processes, with - before them process groups, with + sessions.</summary>
    private void ParseTrailingPids()
    {
        List<uint> processes = [], groups = [], sessions = [];
        do
        {
            var word = _parse.Words.Word;
            if (word.StartsWith('-')) groups.Add(PsLists.Pid(word[1..]));
            else if (word.StartsWith('+')) sessions.Add(PsLists.Pid(word[1..]));
            else processes.Add(PsLists.Pid(word));
        }
        while (_parse.Words.TryNextWord());

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
