// The profiles of a folder: what `profiles list`, `show` and `check` and a name on the command line are answered from.

namespace VboxMem.Profiles;

/// <summary>One file of a folder of profiles.</summary>
/// <param name="Name">The profile's name; the file's name without .json where it cannot be loaded.</param>
/// <param name="Description">One line; empty where it cannot be loaded.</param>
/// <param name="File">Path of the file.</param>
/// <param name="Errors">What is wrong with it; empty for a good one.</param>
public sealed record ProfileListing(string Name, string Description, string File, IReadOnlyList<string> Errors);

/// <summary>Finds profiles in a folder.</summary>
public static class ProfileCatalog
{
    private const string Extension = ".json";
    private static readonly Dictionary<string, string> NoEnvironment = [];

    /// <summary>
    /// Every *.json file of the folder, in ordinal order of file names, without subfolders. Each is loaded as it stands,
    /// without environment and options. A folder that is not there, or may not be read, has none.
    /// </summary>
    public static IReadOnlyList<ProfileListing> List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*" + Extension)
                .Order(StringComparer.Ordinal)
                .Select(Read)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }

    /// <summary>
    /// The file that a person means by <paramref name="nameOrPath"/>: a path if it has a directory separator or ends
    /// in .json, else the profile of that name in the folder. What is no file but has that name in a subfolder, such as
    /// experiments/touch, is that. The file need not exist; loading it says so.
    /// </summary>
    public static string Resolve(string folder, string nameOrPath)
    {
        var isPath = nameOrPath.Contains(Path.DirectorySeparatorChar)
            || nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
        var inFolder = Path.Combine(folder, nameOrPath + Extension);
        return isPath && (File.Exists(nameOrPath) || !File.Exists(inFolder)) ? nameOrPath : inFolder;
    }

    private static ProfileListing Read(string file)
    {
        var result = ProfileLoader.Load(file, [], NoEnvironment);
        return result.Profile is { } profile
            ? new ProfileListing(profile.Name, profile.Description, file, [])
            : new ProfileListing(ProfileLoader.NameOf(file), "", file, result.Errors);
    }
}
