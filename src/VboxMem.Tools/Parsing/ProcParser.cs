namespace VboxMem.Tools.Parsing;

/// <summary>Parses one file of /proc.</summary>
/// <param name="text">The whole file, UTF-8.</param>
/// <param name="path">Its name, for messages.</param>
/// <exception cref="ProcFormatException">The file does not have the form Linux gives it.</exception>
public delegate T ProcParser<out T>(ReadOnlySpan<byte> text, string path);
