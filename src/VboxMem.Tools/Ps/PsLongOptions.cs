using VboxMem.Tools.Filters;

namespace VboxMem.Tools.Ps;

/// <summary>A long option behind two dashes. It is written in full; its argument stands behind "=" or ":", or is the next word.</summary>
internal sealed class PsLongOptions(PsParse parse)
{
    /// <param name="text">The word without its dashes.</param>
    internal void Parse(string text)
    {
        var end = text.AsSpan().IndexOfAny(':', '=');
        var name = end < 0 ? text : text[..end];
        if (name.Length > 15) throw new PsOptionException("unknown gnu long option");
        var rest = text[name.Length..];
        if (TryLongFlag(name, rest) || TryLongNumber(name, rest) || TryLongList(name, rest)) return;
        switch (name)
        {
            case "format":
                parse.Formats.Defer(PsFormatSource.Format, LongArgument(rest, "format specification must follow --format"));
                break;
            case "filter":
                parse.Request.Filter = Filter(LongArgument(rest, "a query must follow --filter"));
                break;
            case "sort":
                parse.Formats.Defer(PsFormatSource.Sort, LongArgument(rest, "long sort specification must follow --sort"));
                break;
            case "version":
                parse.Exclusive("--version", PsInstead.Version);
                break;
            case "help":
                parse.Request.Instead = PsInstead.Usage;
                break;
            default: throw new PsOptionException("unknown gnu long option");
        }
    }

    private bool TryLongFlag(string name, string rest)
    {
        switch (name)
        {
            case "context": parse.Request.Formats |= PsFormats.SecurityContext; return true;
            case "cumulative":
                WantNoArgument(rest, "cumulative");
                parse.Request.WithDeadChildren = true;
                return true;
            case "deselect":
                WantNoArgument(rest, "deselect");
                parse.Request.Negated = true;
                return true;
            case "forest":
                WantNoArgument(rest, "forest");
                parse.Request.Forest = 'g';
                return true;
            case "no-header" or "no-headers" or "no-heading" or "no-headings" or "noheader" or "noheaders" or "noheading" or "noheadings":
                WantNoArgument(rest, "no-heading");
                parse.SetHeader(PsHeader.None);
                return true;
            case "header" or "headers" or "heading" or "headings":
                WantNoArgument(rest, "heading");
                parse.SetHeader(PsHeader.EveryPage);
                return true;
            case "json":
                WantNoArgument(rest, "json");
                parse.Request.Json = true;
                return true;
            default: return false;
        }
    }

    private bool TryLongNumber(string name, string rest)
    {
        switch (name)
        {
            case "cols" or "columns" or "width":
                parse.Request.ScreenColumns = Number(rest, "number of columns must follow --cols, --width, or --columns");
                return true;
            case "rows" or "lines":
                parse.Request.ScreenRows = Number(rest, "number of rows must follow --rows or --lines");
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
        parse.Lists.Add(by, LongArgument(rest, complaint));
        return true;
    }

    private int Number(string rest, string complaint)
    {
        var text = LongArgument(rest, complaint);
        return PsLists.TryNumber(text, out var number) && number is > 0 and < 2_000_000_000 ? (int)number : throw new PsOptionException(complaint);
    }

    /// <summary>Behind "=" or ":", else the next word; never empty.</summary>
    private string LongArgument(string rest, string complaint) =>
        (rest.Length > 1 ? rest[1..] : rest.Length == 1 ? null : parse.Words.TakeWord()) ?? throw new PsOptionException(complaint);

    /// <exception cref="ToolException">It is no filter, or one that a single reading does not decide.</exception>
    private static ProcessFilter Filter(string text)
    {
        var filter = ProcessFilter.TryParse(text, out var problem) ?? throw new ToolException($"--filter: {problem}");
        return filter.FirstRate is { } rate ? throw new ToolException($"--filter: {rate} needs two readings, and ps takes one") : filter;
    }

    private static void WantNoArgument(string rest, string name)
    {
        if (rest.Length > 0) throw new PsOptionException($"option --{name} does not take an argument");
    }
}
