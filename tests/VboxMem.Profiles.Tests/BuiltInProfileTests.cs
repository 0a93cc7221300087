// Goal: the profiles that come with the program are good, and are found and listed.

using VboxMem.Kernel;

namespace VboxMem.Profiles.Tests;

public sealed class BuiltInProfileTests
{
    [Theory]
    [InlineData("default", 2, 2048UL, 0, MachineKind.Pc)]
    [InlineData("tiny", 1, 128UL, 0, MachineKind.Pc)]
    [InlineData("bigbox", 16, 65536UL, 2, MachineKind.Q35)]
    [InlineData("terabyte", 64, 1048576UL, 2, MachineKind.Q35)]
    public void A_built_in_profile_is_the_box_it_says(string name, int cpus, ulong mebibytes, int nodes, MachineKind kind)
    {
        var profile = Places.Good(ProfileLoader.Load(ProfileCatalog.Resolve(Places.Profiles, name), [], Places.NoEnvironment));
        Assert.Equal(name, profile.Name);
        Assert.NotEmpty(profile.Description);
        Assert.Equal((cpus, mebibytes << 20, nodes, kind),
            (profile.Machine.Cpus, profile.Machine.RamBytes, profile.Machine.Nodes.Count, profile.Machine.Kind));
    }

    [Fact]
    public void The_catalog_lists_every_profile_of_the_folder_in_order()
    {
        var listings = ProfileCatalog.List(Places.Profiles);
        Assert.Equal(
            ["bigbox", "cache-heavy", "default", "dirty-storm", "fork-storm", "noswap", "shielded-leak", "swap-storm", "terabyte", "tiny"],
            listings.Select(listing => listing.Name));
        Assert.All(listings, listing => Assert.Equal((0, listing.Name + ".json"), (listing.Errors.Count, Path.GetFileName(listing.File))));
        Assert.All(listings, listing => Assert.NotEmpty(listing.Description));
    }

    [Fact]
    public void The_text_tells_of_every_profile()
    {
        var lines = File.ReadAllLines(Path.Combine(Places.Profiles, "README.md"));
        var told = lines.SkipWhile(line => line != "| Name | Box | What it shows |").Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('`')[1]).Order(StringComparer.Ordinal);
        Assert.Equal(ProfileCatalog.List(Places.Profiles).Select(listing => listing.Name), told);
    }

    [Fact]
    public void The_catalog_lists_bad_profiles_with_what_is_wrong()
    {
        var listing = ProfileCatalog.List(Places.Bad).Single(listing => listing.Name == "no_ram");
        Assert.EndsWith("no_ram.json: machine:ram: missing, allowed 64MiB..8TiB in steps of 4MiB", Assert.Single(listing.Errors), StringComparison.Ordinal);
        Assert.Empty(listing.Description);
    }

    [Fact]
    public void A_folder_that_is_not_there_has_no_profiles() =>
        Assert.Empty(ProfileCatalog.List(Path.Combine(Places.Profiles, "none")));

    [Theory]
    [InlineData("tiny", "folder/tiny.json")]
    [InlineData("tiny.json", "tiny.json")]
    [InlineData("./tiny", "./tiny")]
    [InlineData("other/tiny.JSON", "other/tiny.JSON")]
    public void A_name_is_looked_up_in_the_folder_and_a_path_is_itself(string given, string file) =>
        Assert.Equal(file, ProfileCatalog.Resolve("folder", given));

    [Fact]
    public void A_name_may_lead_into_a_subfolder()
    {
        Assert.True(File.Exists(ProfileCatalog.Resolve(Places.Profiles, "experiments/touch")));
        Assert.Equal("experiments/nothing", ProfileCatalog.Resolve(Places.Profiles, "experiments/nothing"));
    }
}
