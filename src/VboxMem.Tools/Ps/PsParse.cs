namespace VboxMem.Tools.Ps;

/// <summary>One reading of a command line under way: the words, and what they have amounted to so far.</summary>
internal sealed class PsParse(IReadOnlyList<string> arguments, PsRequest request, PsLists lists, PsFormatOptions formats, PsSelf self, bool isSecondTry)
{
    internal PsWords Words { get; } = new(arguments);

    internal PsRequest Request => request;

    internal PsLists Lists => lists;

    internal PsFormatOptions Formats => formats;

    internal PsSelf Self => self;

    /// <summary>Dashes before letters are passed over.</summary>
    internal bool IsSecondTry => isSecondTry;

    internal string Argument(string complaint) => Words.TakeArgument() ?? throw new PsOptionException(complaint);

    internal void Select(PsSelect by, string complaint) => Lists.Add(by, Argument(complaint));

    internal void SetHeader(PsHeader header)
    {
        if (Request.Header != PsHeader.Once) throw new PsOptionException("only one heading option may be specified");
        Request.Header = header;
    }

    internal void Exclusive(string option, PsInstead instead)
    {
        if (arguments.Count != 1 || arguments[0] != option) throw new PsOptionException($"the option is exclusive: {option}");
        Request.Instead = instead;
    }
}
