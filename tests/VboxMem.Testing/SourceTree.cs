// Where the working copy lies that a test was built from: fixtures are read in place, not copied beside the tests.

namespace VboxMem.Testing;

/// <summary>Paths inside the working copy that the running test was built from.</summary>
public static class SourceTree
{
    /// <summary>The folder that holds <c>vbox-mem.sln</c>.</summary>
    /// <exception cref="DirectoryNotFoundException">The test runs outside a working copy.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of the captured machines, one subfolder per shape.</summary>
    public static string Captures { get; } = Path.Combine(Root, "tests", "VboxMem.Conformance.Tests", "Captures");

    /// <summary>The folder of the captured experiments, one archive per experiment, and of the table of what is compared.</summary>
    public static string Experiments { get; } = Path.Combine(Root, "tests", "VboxMem.Conformance.Tests", "Experiments");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "vbox-mem.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"no vbox-mem.sln above {AppContext.BaseDirectory}");
    }
}
