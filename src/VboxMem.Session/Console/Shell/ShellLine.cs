namespace VboxMem.Session.Console.Shell;

/// <summary>A word of a command line, quotes taken off.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Pattern">The same as a pattern for names of files, quoted characters behind a backslash; null: it is none.</param>
internal sealed record ShellWord(string Text, string? Pattern = null);

/// <summary>What a redirection does.</summary>
internal enum RedirectionKind
{
    /// <summary>&lt; FILE</summary>
    Input,

    /// <summary>&gt; FILE or &gt;&gt; FILE: to a file of /proc and its like both are the same.</summary>
    Output,

    /// <summary>2&gt; FILE</summary>
    Error,

    /// <summary>&amp;&gt; FILE</summary>
    Both,

    /// <summary>2&gt;&amp;1</summary>
    ErrorToOutput,

    /// <summary>&gt;&amp;2</summary>
    OutputToError,
}

/// <param name="Kind">What.</param>
/// <param name="Target">The file; empty for those that name none.</param>
internal sealed record Redirection(RedirectionKind Kind, string Target = "");

/// <summary>A command with its words and redirections.</summary>
internal sealed record ShellStage(IReadOnlyList<ShellWord> Words, IReadOnlyList<Redirection> Redirections);

/// <summary>How a pipeline hangs on the one before.</summary>
internal enum Joint
{
    /// <summary>; or the first</summary>
    Always,

    /// <summary>&amp;&amp;</summary>
    OnSuccess,

    /// <summary>||</summary>
    OnFailure,
}

/// <summary>Commands that pass their output on to the next.</summary>
/// <param name="Stages">One at least.</param>
/// <param name="Joint">When it runs.</param>
/// <param name="IsBackground">Nobody waits for it.</param>
internal sealed record ShellPipeline(IReadOnlyList<ShellStage> Stages, Joint Joint, bool IsBackground);

/// <summary>A line as it is understood. Immutable.</summary>
internal sealed record ShellLine(IReadOnlyList<ShellPipeline> Pipelines)
{
    public IEnumerable<ShellStage> Stages => Pipelines.SelectMany(static pipeline => pipeline.Stages);
}

/// <summary>A line that cannot be understood; says why, in bash's words where bash would say it too.</summary>
internal sealed class ShellSyntaxException(string problem) : Exception(problem);
