// The options that name columns (-o, o, --format, -O) and keys (--sort, k), and O, which may mean either. They are kept until the whole
// command line is known, and then worked off in their order.
//
// Models  procps-ng 4.0.2 and 4.0.4, ps(1).

namespace VboxMem.Tools.Ps;

/// <summary>Which option a specification came with.</summary>
internal enum PsFormatSource
{
    Format,
    UnixO,
    BsdO,
    Sort,
}

internal sealed class PsFormatOptions(PsRequest request, int pidWidth)
{
    private const string SortLetters = "CGJKMNPRSTUcfgjkmnoprstuvy+-";

    private readonly List<(PsFormatSource Source, string Text)> _deferred = [];
    private readonly List<PsColumn> _columns = [];
    private bool _hasSort;
    private bool _hasFormat;

    internal void Defer(PsFormatSource source, string text) => _deferred.Add((source, text));

    /// <summary>Settles columns and keys of the request.</summary>
    internal void Finish()
    {
        foreach (var (source, text) in _deferred) Apply(source, text);
        if (_columns.Count > 0)
        {
            if (request.Formats != PsFormats.None) throw new PsOptionException("conflicting format options");
            if (request.Modifiers != PsModifiers.None) throw new PsOptionException("can not use output modifiers with user-defined output");
            if (request.Threads.HasFlag(PsThreads.MustUse)) throw new PsOptionException("-L/-T with H/m/-m and -o/-O/o/O is nonsense");
            request.Columns = _columns;
            return;
        }

        request.Columns = new PsFormatBuilder(request, pidWidth).Build();
    }

    private void Apply(PsFormatSource source, string text)
    {
        switch (source)
        {
            case PsFormatSource.Format:
                _columns.AddRange(PsFormatParser.Parse(text, pidWidth));
                _hasFormat = true;
                break;
            case PsFormatSource.UnixO:
                if (_hasFormat) throw new PsOptionException("option -O can not follow other format options");
                AddWrapped(PsFormatParser.Parse(text, pidWidth), "END_SYS5");
                break;
            case PsFormatSource.BsdO:
                ApplyEither(text);
                break;
            default:
                if (_hasSort) throw new PsOptionException("multiple sort options");
                AddKeys(PsFormatParser.ParseKeys(text));
                break;
        }
    }

    /// <summary>O: an order if it can be read as one, else columns.</summary>
    private void ApplyEither(string text)
    {
        var complaint = _hasSort || _deferred.Exists(option => option.Source == PsFormatSource.Sort) ? "multiple sort options" : VerifyShortSort(text);
        if (complaint is null)
        {
            AddKeys(PsFormatParser.ParseShortKeys(text));
            return;
        }

        if (_hasFormat) throw new PsOptionException("option O is neither first format nor sort order");
        try
        {
            AddWrapped(PsFormatParser.Parse(text, pidWidth), "END_BSD");
        }
        catch (PsOptionException)
        {
            throw new PsOptionException(complaint);
        }
    }

    /// <summary>Within a list the first key counts most.</summary>
    private void AddKeys(List<PsSortKey> keys)
    {
        keys.Reverse();
        request.SortKeys.AddRange(keys);
        _hasSort = true;
    }

    private void AddWrapped(List<PsColumn> columns, string end)
    {
        _columns.AddRange(PsFormatParser.Named("pid", pidWidth));
        _columns.AddRange(columns);
        _columns.AddRange(PsFormatParser.Named(end, pidWidth));
        _hasFormat = true;
    }

    private string? VerifyShortSort(string text)
    {
        const string bad = "bad sorting code";
        var seen = new HashSet<char>();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!SortLetters.Contains(c, StringComparison.Ordinal)) return bad;
        }

        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '+' or '-')
            {
                if (i + 1 == text.Length || text[i + 1] is '+' or '-') return bad;
                continue;
            }

            if (c == 'P' && request.Forest != '\0') return "PPID sort and forest output conflict";
            if (!seen.Add(c)) return bad;
        }

        return null;
    }
}
