using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session;
using VboxMem.Testing;
using VboxMem.Tools.Tests;

namespace VboxMem.Conformance.Tests.Tools;

/// <summary>Boxes of the profiles that come with the program, and their dumps as trees that real tools can be run on.</summary>
internal static class DumpedBox
{
    /// <param name="profile">Its file below <c>profiles</c>, without extension.</param>
    public static Box Boot(string profile)
    {
        var file = Path.Combine(SourceTree.Root, "profiles", profile + ".json");
        return Box.Boot(ProfileLoader.Load(file, [], new Dictionary<string, string>()).Profile!);
    }

    /// <summary>The box as it is now.</summary>
    public static ProcTree Dump(Box box) => ProcTree.Written(root => RunDirectory.Write(box, root, force: false));

    /// <summary>A box that has run so long.</summary>
    public static ProcTree Dump(string profile, SimTime duration)
    {
        using var box = Boot(profile);
        box.RunFor(duration);
        return Dump(box);
    }
}
