using System.CommandLine;
using VboxMem.Profiles;

namespace VboxMem.Cli;

/// <summary><c>vbox-mem profiles list|show|check</c>.</summary>
internal static class ProfilesCommand
{
    public static Command Create()
    {
        var list = new Command("list", "List the profiles that come with vbox-mem.");
        list.SetAction(static _ => List());

        var name = new Argument<string>("PROFILE") { Description = "A profile's file, or the name of one that comes with vbox-mem." };
        var sets = new Option<string[]>("--set") { Description = "Override a key: section:key=value.", DefaultValueFactory = static _ => [] };
        var show = new Command("show", "Print a profile with every layer merged.") { name, sets };
        show.SetAction(parsed => Show(parsed.GetValue(name)!, parsed.GetValue(sets)!));

        var check = new Command("check", "Check a profile and say everything that is wrong with it.") { name, sets };
        check.SetAction(parsed => Check(parsed.GetValue(name)!, parsed.GetValue(sets)!));
        var profiles = new Command("profiles", "List, show and check profiles.") { list, show, check };
        profiles.SetAction(static _ => List());
        return profiles;
    }

    private static int List()
    {
        foreach (var listing in ProfileCatalog.List(ProfileOption.Folder))
        {
            Console.Out.WriteLine($"{listing.Name,-12} {listing.Description}");
        }

        return ExitCode.Done;
    }

    private static int Show(string name, string[] sets)
    {
        if (ProfileOption.TryLoad(name, sets) is not { } profile)
        {
            return ExitCode.BadInput;
        }

        Console.Out.WriteLine(profile.EffectiveJson().TrimEnd('\n'));
        return ExitCode.Done;
    }

    private static int Check(string name, string[] sets)
    {
        if (ProfileOption.TryBoot(name, sets, out var exitCode) is not { } box)
        {
            return exitCode;
        }

        box.Dispose();
        Console.Out.WriteLine($"{name}: ok");
        return ExitCode.Done;
    }
}
