namespace VboxMem.Tools.Ps;

/// <summary>A word of options without a dash, as BSD has them.</summary>
internal sealed class PsBsdOptions(PsParse parse)
{
    /// <param name="before">Index of what stands before the first letter: a dash, or -1.</param>
    internal void Parse(int before)
    {
        parse.Request.PrefersBsd = true;
        parse.Words.StartLetters(before);
        while (parse.Request.Instead == PsInstead.Nothing && parse.Words.TryNextLetter(out var letter))
        {
            if (char.IsAsciiDigit(letter))
            {
                parse.Lists.Add(PsSelect.Pid, parse.Words.FromLetter);
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
            case 'H': parse.Request.Threads |= PsThreads.BsdH; break;
            case 'L': parse.Exclusive("L", PsInstead.Specifiers); break;
            case 'M': parse.Request.Threads |= PsThreads.BsdM; break;
            case 'S': parse.Request.WithDeadChildren = true; break;
            case 'T': parse.Lists.AddOwnTerminal(parse.Self.Terminal); break;
            case 'V': parse.Exclusive("V", PsInstead.Version); break;
            case 'Z': parse.Request.Modifiers |= PsModifiers.Security; break;
            case 'a': parse.Request.Simple |= PsSimple.BsdA; break;
            case 'c': parse.Request.NameOnly = true; break;
            case 'e': parse.Request.WithEnvironment = true; break;
            case 'f': parse.Request.Forest = 'b'; break;
            case 'g': parse.Request.Simple |= PsSimple.BsdG; break;
            case 'h': parse.SetHeader(PsHeader.None); break;
            case 'n':
                parse.Request.ChannelIsNumber = true;
                parse.Request.UserIsNumber = true;
                break;
            case 'r': parse.Request.RunningOnly = true; break;
            case 'w': parse.Request.Wide++; break;
            case 'x': parse.Request.Simple |= PsSimple.BsdX; break;
            default: return false;
        }

        return true;
    }

    private bool TryBsdFormat(char letter)
    {
        switch (letter)
        {
            case 'X': parse.Request.Formats |= PsFormats.Registers; break;
            case 'j': parse.Request.Formats |= PsFormats.BsdJobs; break;
            case 'l': parse.Request.Formats |= PsFormats.BsdLong; break;
            case 's': parse.Request.Formats |= PsFormats.BsdSignals; break;
            case 'u': parse.Request.Formats |= PsFormats.BsdUser; break;
            case 'v': parse.Request.Formats |= PsFormats.BsdMemory; break;

            // Where dashes stand before BSD options, m is the memory format of old.
            case 'm' when parse.IsSecondTry: parse.Request.Formats |= PsFormats.OldMemory; break;
            case 'm': parse.Request.Threads |= PsThreads.BsdM; break;
            default: return false;
        }

        return true;
    }

    private bool TryBsdWithArgument(char letter)
    {
        switch (letter)
        {
            case 'U': parse.Select(PsSelect.EffectiveUser, "list of users must follow U"); break;
            case 'p': parse.Select(PsSelect.Pid, "list of process IDs must follow p"); break;
            case 'q': parse.Select(PsSelect.QuickPid, "List of process IDs must follow q."); break;
            case 'O':
                parse.Formats.Defer(PsFormatSource.BsdO, parse.Argument("format or sort specification must follow O"));
                break;
            case 'k':
                parse.Formats.Defer(PsFormatSource.Sort, parse.Argument("long sort specification must follow 'k'"));
                break;
            case 'o':
                parse.Formats.Defer(PsFormatSource.Format, parse.Argument("format specification must follow o"));
                break;
            case 't':
                if (parse.Words.TakeArgument() is { } list) parse.Lists.Add(PsSelect.Terminal, list);
                else parse.Lists.AddOwnTerminal(parse.Self.Terminal);
                break;
            default: return false;
        }

        return true;
    }
}
