// Boots the profiles that come with the program, and says how long tests let them live.

using System.Text;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Testing;

namespace VboxMem.Session.Tests.Lives;

internal static class BuiltIn
{
    private const string LifeVariable = "VBOXMEM_LIFE";

    public static string Folder => Path.Combine(SourceTree.Root, "profiles");

    /// <summary>How long a test lets a box live: what the environment says, as in VBOXMEM_LIFE=10h, else what fits into the suite.</summary>
    public static SimTime Life(string otherwise)
    {
        var text = Environment.GetEnvironmentVariable(LifeVariable) is { Length: > 0 } given ? given : otherwise;
        Assert.True(SimDuration.TryParse(text, out var life), $"{LifeVariable}={text}: allowed is {SimDuration.Allowed}");
        return life;
    }

    /// <summary>A built-in box as booted.</summary>
    /// <param name="profile">Its name.</param>
    /// <param name="sets">Overrides of keys.</param>
    public static Box Boot(string profile, params string[] sets)
    {
        var result = ProfileLoader.Load(Path.Combine(Folder, profile + ".json"), sets, new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return Box.Boot(result.Profile!);
    }

    /// <summary>A built-in box with one thing in its text changed.</summary>
    public static Box BootChanged(string profile, string what, string to)
    {
        var text = File.ReadAllText(Path.Combine(Folder, profile + ".json"));
        Assert.Contains(what, text, StringComparison.Ordinal);
        return BootText(text.Replace(what, to, StringComparison.Ordinal));
    }

    public static Box BootText(string json)
    {
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return Box.Boot(result.Profile!);
    }
}
