namespace VboxMem.Session;

/// <summary>The result of a run could not be written: one line naming the place and the reason. Exit code 74.</summary>
public sealed class OutputException(string message, Exception? cause = null) : Exception(message, cause);
