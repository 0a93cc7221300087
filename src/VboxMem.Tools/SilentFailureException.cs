namespace VboxMem.Tools;

/// <summary>Ends a tool with exit code 1 and not a word, as a few programs do.</summary>
internal sealed class SilentFailureException() : ToolException("");
