namespace VboxMem.Tools.Ps;

/// <summary>What is wrong with ps's command line, in procps's words; a second try as BSD options may still succeed.</summary>
internal sealed class PsOptionException(string message) : Exception(message);
