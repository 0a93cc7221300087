namespace VboxMem.Tools.Options;

/// <summary>A wrong command line: a message (may be empty, where procps says nothing more), then the usage, on standard error.</summary>
internal sealed class UsageException(string message, string usage) : ToolException(message)
{
    internal string Usage { get; } = usage;
}
