namespace VboxMem.Tools;

/// <summary>
/// Ends a tool: one message for standard error, without the tool's name, and an exit code, 1 throughout procps.
/// </summary>
public class ToolException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>A file of the tree does not have the form Linux gives it. Names file, line, what stands there, what is allowed.</summary>
/// <param name="path">The file, as a path of the tree.</param>
/// <param name="line">1-based; 0 when the file as a whole is meant.</param>
/// <param name="problem">What stands there and what is allowed.</param>
public sealed class ProcFormatException(string path, int line, string problem)
    : ToolException(line > 0 ? $"{path}:{line}: {problem}" : $"{path}: {problem}")
{
    public string Path { get; } = path;

    public int Line { get; } = line;
}
