// Goal: the table of what each program reads is complete, and what nobody reads is refused, but not the defaults that the effective profile spells out.

using VboxMem.Workloads;

namespace VboxMem.Profiles.Tests;

public sealed class ProgramKeysTests
{
    public static TheoryData<string> Programs => new(ProgramCatalog.Names);

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_program_takes_the_keys_it_reads_and_refuses_all_others(string program)
    {
        var read = ProgramKeys.ReadBy(program);
        foreach (var key in ProgramKeys.OfAnyProgram)
        {
            var result = Places.Load(ProfileOf(program, key));
            var refusals = result.Errors.Where(line => line.Contains("does not read this key", StringComparison.Ordinal)).ToArray();
            Assert.Equal(read.Contains(key) ? 0 : 1, refusals.Length);
            Assert.Equal(refusals, result.Errors);
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void The_reference_says_which_keys_a_program_reads(string program)
    {
        var text = File.ReadAllText(Path.Combine(Places.Profiles, "README.md"));
        var item = text.Split($"\n- `{program}`:")[^1].Split("\n- ")[0].Split("\n\n")[0];
        Assert.All(ProgramKeys.ReadBy(program), key => Assert.Contains($"`{ProgramKeys.NameOf(key)}`", item, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_key_of_a_program_is_listed_once() =>
        Assert.All(ProgramCatalog.Names, program => Assert.Equal(ProgramKeys.ReadBy(program).Distinct(), ProgramKeys.ReadBy(program)));

    [Fact]
    public void The_effective_profile_which_spells_out_all_keys_loads_again()
    {
        foreach (var listing in ProfileCatalog.List(Places.Profiles))
        {
            var effective = Places.Good(ProfileLoader.Load(listing.File, [], Places.NoEnvironment)).EffectiveJson();
            Assert.Equal(effective, Places.Good(Places.Load(effective)).EffectiveJson());
        }
    }

    /// <summary>A good profile of one group, with one key more that is not at its default.</summary>
    private static string ProfileOf(string program, ScalarKey key)
    {
        string[] values = ["7", "1MiB", "7s", "1", "/srv/seven"];
        var given = key == WorkloadKeys.Parent || key == WorkloadKeys.Comm ? "seven" : values.First(value => key.Canonical(value, out _) is { } canonical && canonical != key.Default && IsAbsoluteOrNoPath(key, value));
        var pairs = new List<(ScalarKey Key, string Value)> { (key, given) };
        foreach (var (needed, value) in ((ScalarKey, string)[])[(WorkloadKeys.Size, "1MiB"), (WorkloadKeys.Number, "7"), (WorkloadKeys.FilePath, "/srv/seven"), (WorkloadKeys.Parent, "seven")])
        {
            if (needed != key && ProgramKeys.ReadBy(program).Contains(needed)) pairs.Add((needed, value));
        }

        var keys = string.Concat(pairs.Select(pair => $", \"{ProgramKeys.NameOf(pair.Key)}\": {(pair.Value.All(char.IsAsciiDigit) ? pair.Value : $"\"{pair.Value}\"")}"));
        return $$"""{ "machine": { "ram": "1GiB" }, "groups": [ { "name": "seven", "program": "process" }, { "name": "a", "program": "{{program}}"{{keys}} } ] }""";
    }

    private static bool IsAbsoluteOrNoPath(ScalarKey key, string value) => key != WorkloadKeys.FilePath || value.StartsWith('/');
}
