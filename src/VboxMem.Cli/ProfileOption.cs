using System.Collections;
using VboxMem.Kernel.Boot;
using VboxMem.Kernel.Physical;
using VboxMem.Profiles;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary>From what the user calls a profile to a booted box, with every mistake on standard error.</summary>
internal static class ProfileOption
{
    /// <summary>The profiles that come with vbox-mem.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "profiles");

    /// <summary>Loads a profile by file name, or by the name of one that comes with vbox-mem.</summary>
    /// <returns>Null when it has mistakes; they have been reported.</returns>
    public static Profile? TryLoad(string nameOrPath, IEnumerable<string> sets)
    {
        var file = ProfileCatalog.Resolve(Folder, nameOrPath);
        if (file != nameOrPath && !File.Exists(file))
        {
            var names = ProfileCatalog.List(Folder).Select(static listing => listing.Name);
            Console.Error.WriteLine($"{nameOrPath}: no profile of that name, allowed {string.Join(", ", names)}, or a file: a name with '/' or .json");
            return null;
        }

        var result = ProfileLoader.Load(file, sets, EnvironmentVariables());
        foreach (var error in result.Errors)
        {
            Console.Error.WriteLine(error);
        }

        return result.Profile;
    }

    /// <returns>Null when there is no box to be had; why has been reported, and the exit code says so.</returns>
    public static Box? TryBoot(string nameOrPath, IEnumerable<string> sets, out int exitCode)
    {
        exitCode = ExitCode.BadInput;
        if (TryLoad(nameOrPath, sets) is not { } profile)
        {
            return null;
        }

        try
        {
            return Box.Boot(profile);
        }
        catch (Exception error) when (error is MachineLayoutException or BootFailedException or InsufficientMemoryException)
        {
            Console.Error.WriteLine($"{nameOrPath}: {error.Message}");
            return null;
        }
    }

    private static SortedDictionary<string, string> EnvironmentVariables()
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? string.Empty;
        }

        return variables;
    }
}
