using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Pid;

/// <summary>Files of processes of a captured machine.</summary>
internal static class CapturedProcess
{
    /// <param name="file">A file of tests/VboxMem.Conformance.Tests/Captures/processes, without its ending.</param>
    public static string Read(string file) => File.ReadAllText(Path.Combine(SourceTree.Captures, "processes", file + ".txt"));
}
