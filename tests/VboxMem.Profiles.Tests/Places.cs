// Where the files of the source tree are, and how tests load a profile from text.

using System.Runtime.CompilerServices;
using System.Text;

namespace VboxMem.Profiles.Tests;

internal static class Places
{
    public static readonly Dictionary<string, string> NoEnvironment = [];

    /// <summary>The folder of bad profiles.</summary>
    public static string Bad => Path.Combine(Here(), "Bad");

    /// <summary>The folder of the profiles that come with the program.</summary>
    public static string Profiles => Path.GetFullPath(Path.Combine(Here(), "..", "..", "profiles"));

    /// <summary>Whether expectations are to be written anew instead of compared.</summary>
    public static bool Rewrite => Environment.GetEnvironmentVariable("VBOXMEM_REWRITE_EXPECTATIONS") == "1";

    public static ProfileResult Load(string json, params string[] sets) =>
        ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", sets, NoEnvironment);

    public static ProfileResult LoadIn(Dictionary<string, string> environment, string json, params string[] sets) =>
        ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", sets, environment);

    /// <summary>The profile, which must be a good one.</summary>
    public static Profile Good(ProfileResult result)
    {
        Assert.Equal([], result.Errors);
        return Assert.IsType<Profile>(result.Profile);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
