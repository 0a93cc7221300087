// A query over processes, as people write it: rss > 50MiB and (user = www-data or name ~ leak). README.md has the grammar.

using VboxMem.Tools.Predicates;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Filters;

/// <summary>A checked query over processes. Immutable: one serves all processes and readings.</summary>
public sealed class ProcessFilter
{
    /// <summary>The longest text that is read.</summary>
    public const int LongestText = 1000;

    private readonly FilterCondition _condition;
    private readonly IReadOnlySet<FilterField> _fields;

    private ProcessFilter(string text, FilterCondition condition, IReadOnlySet<FilterField> fields)
    {
        (Text, _condition, _fields) = (text, condition, fields);
        foreach (var field in KnownFields)
        {
            if (!fields.Contains(field.Field)) continue;
            Files |= field.Files;
            if (field.NeedsTwoReadings) FirstRate ??= field.Name;
        }
    }

    /// <summary>Every field there is, with what it says.</summary>
    public static IReadOnlyList<FieldInfo> KnownFields => FieldNames.All;

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The files of each process that it looks into: those that are read besides need not be.</summary>
    public ProcessFiles Files { get; }

    /// <summary>The first field it names that one reading does not tell, as it is called; null where there is none.</summary>
    public string? FirstRate { get; }

    /// <summary>Reads a filter.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problem">Where something is wrong, what, and what is allowed, in one line; empty where nothing is.</param>
    /// <returns>Null where something is wrong.</returns>
    public static ProcessFilter? TryParse(string text, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        problem = "";
        try
        {
            if (text.Length > LongestText) throw new PredicateException(LongestText, FormattableString.Invariant($"too long, allowed are {LongestText} characters"));
            var parser = new FilterParser(text);
            var condition = parser.ParseAll();
            return new ProcessFilter(text, condition, parser.Fields);
        }
        catch (PredicateException wrong)
        {
            problem = wrong.Message;
            return null;
        }
    }

    /// <summary>Whether it asks for a field, which may cost something to be known.</summary>
    public bool Names(FilterField field) => _fields.Contains(field);

    /// <summary>Whether it holds of a process. Where it hangs on what is not known of that one, it does not.</summary>
    public bool Matches(IProcessFigures process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return _condition.Test(process) == Truth.True;
    }
}
