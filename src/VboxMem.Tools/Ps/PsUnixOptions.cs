namespace VboxMem.Tools.Ps;

/// <summary>A word of options behind a dash, as System V and Unix98 have them.</summary>
internal sealed class PsUnixOptions(PsParse parse)
{
    internal void Parse()
    {
        parse.Words.StartLetters(before: 0);
        while (parse.Request.Instead == PsInstead.Nothing && parse.Words.TryNextLetter(out var letter))
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
            case 'A' or 'e': parse.Request.AllProcesses = true; break;
            case 'F': parse.Request.Modifiers |= PsModifiers.Fuller; goto case 'f';
            case 'f':
                parse.Request.Formats |= PsFormats.Full;
                parse.Request.FullCommand = true;
                break;
            case 'H': parse.Request.Forest = 'u'; break;
            case 'L': parse.Request.Threads |= PsThreads.UnixL; break;
            case 'M' or 'Z': parse.Request.Modifiers |= PsModifiers.Security; break;
            case 'N': parse.Request.Negated = true; break;
            case 'P': parse.Request.Modifiers |= PsModifiers.Processor; break;
            case 'T': parse.Request.Threads |= PsThreads.UnixT; break;
            case 'V': parse.Exclusive("-V", PsInstead.Version); break;
            case 'a': parse.Request.Simple |= PsSimple.UnixA; break;
            case 'c': parse.Request.Modifiers |= PsModifiers.Scheduling; break;
            case 'd': parse.Request.Simple |= PsSimple.UnixD; break;
            case 'j': parse.Request.Modifiers |= PsModifiers.Jobs; break;
            case 'l': parse.Request.Formats |= PsFormats.Long; break;
            case 'm': parse.Request.Threads |= PsThreads.UnixM; break;
            case 'w': parse.Request.Wide++; break;
            case 'y': parse.Request.Modifiers |= PsModifiers.ResidentForAddress; break;
            default: return false;
        }

        return true;
    }

    /// <summary>Options that take the rest of the word, or the next one.</summary>
    private bool TryUnixWithArgument(char letter)
    {
        switch (letter)
        {
            case 'C': parse.Select(PsSelect.Command, "list of command names must follow -C"); break;
            case 'G': parse.Select(PsSelect.RealGroup, "list of real groups must follow -G"); break;
            case 'U': parse.Select(PsSelect.RealUser, "list of real users must follow -U"); break;
            case 'p': parse.Select(PsSelect.Pid, "list of process IDs must follow -p"); break;
            case 'q': parse.Select(PsSelect.QuickPid, "List of process IDs must follow -q."); break;
            case 's': parse.Select(PsSelect.Session, "list of session IDs must follow -s"); break;
            case 't': parse.Select(PsSelect.Terminal, "list of terminals (pty, tty...) must follow -t"); break;
            case 'u': parse.Select(PsSelect.EffectiveUser, "list of users must follow -u"); break;
            case 'g':
                parse.Lists.AddSessionsOrGroups(parse.Argument("list of session leaders OR effective group names must follow -g"));
                break;
            case 'O':
                parse.Formats.Defer(PsFormatSource.UnixO, parse.Argument("format or sort specification must follow -O"));
                break;
            case 'o':
                parse.Formats.Defer(PsFormatSource.Format, parse.Argument("format specification must follow -o"));
                break;
            default: return false;
        }

        return true;
    }
}
