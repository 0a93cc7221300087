// Goal: every mistake gives exactly the line that a person needs, and all of them at once.
// Method: each file of Bad/ is loaded and its lines compared with the .expected file beside it.

namespace VboxMem.Profiles.Tests;

public sealed class BadProfileTests
{
    public static TheoryData<string> Names =>
        new(Directory.EnumerateFiles(Places.Bad, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_profile_gives_exactly_the_expected_lines(string name)
    {
        var result = ProfileLoader.Load(Path.Combine(Places.Bad, name + ".json"), [], Places.NoEnvironment);
        var lines = string.Concat(result.Errors.Select(line => line.Replace(Places.Bad + "/", "", StringComparison.Ordinal) + "\n"));
        var expected = Path.Combine(Places.Bad, name + ".expected");
        if (Places.Rewrite) File.WriteAllText(expected, lines);

        Assert.Null(result.Profile);
        Assert.NotEmpty(lines);
        Assert.Equal(File.ReadAllText(expected), lines);
    }

    [Fact]
    public void Every_expectation_belongs_to_a_profile() =>
        Assert.All(Directory.EnumerateFiles(Places.Bad, "*.expected"), file => Assert.True(File.Exists(Path.ChangeExtension(file, ".json"))));
}
