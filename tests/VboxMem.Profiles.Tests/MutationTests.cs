// Goal: whatever a file says, loading gives a profile or clear lines, never an exception.
// Method: thousands of seeded mutations of good and bad profiles, in bytes and in words that mean something; the same
// words as environment and options. What loads must survive the round trip as well.

using System.Text;

namespace VboxMem.Profiles.Tests;

public sealed class MutationTests
{
    private static readonly string[] Words =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud800", "null", "true", "1e999", "-1", "0", "18446744073709551616", "NaN",
        "\"2GiB\"", "\"ram\"", "\"nodes\"", "\"zones\"", "\"distances\"", "\"vm\"", "\"swappiness\"", "\n", "\0", "\u00ff", "//", "/*",
        "64MiB", "\"cpus\": 3", "\"\"", "#", "machine:nodes:0", "\"disks\"", "\"swap\"", "\"mounts\"", "\"groups\"", "\"timeline\"", "\"vda\"", "\"/mnt\"", "forever", "10s", "after",
        "\"web\"", "\"touch\"", "\"TERM\"", "groups:0:name", "{\"a\":", "[[[[[[[[[[[[[[[[[[",
    ];

    /// <summary>How many in CI, and how many where VBOXMEM_TESTS_LONG is 1: over 100,000 of all files together.</summary>
    private static int Rounds(int usual, int many) => Environment.GetEnvironmentVariable("VBOXMEM_TESTS_LONG") is "1" ? many : usual;

    public static TheoryData<string> Originals => new(
        Directory.EnumerateFiles(Places.Profiles, "*.json").Order(StringComparer.Ordinal)
            .Concat(new[] { "zone_figures", "vm_values", "distances", "disks_used_twice", "groups_incomplete", "timeline_mistakes" }.Select(name => Path.Combine(Places.Bad, name + ".json")))
            .Select(file => Path.GetFileName(file)));

    [Theory]
    [MemberData(nameof(Originals))]
    public void A_mutated_profile_is_a_right_answer_or_a_clear_error(string file)
    {
        var folder = File.Exists(Path.Combine(Places.Profiles, file)) ? Places.Profiles : Places.Bad;
        var original = File.ReadAllBytes(Path.Combine(folder, file));
        var random = new Random(original.Length);
        var good = 0;
        for (var round = 0; round < Rounds(1_500, 8_000); round++)
        {
            var mutated = original;
            for (var changes = random.Next(1, 4); changes > 0; changes--) mutated = Mutate(random, mutated);
            var result = ProfileLoader.LoadJson(mutated, "mutated.json", "mutated", [], Places.NoEnvironment);
            AssertClear(result, Encoding.UTF8.GetString(mutated));
            if (result.Profile is not null) good++;
        }

        Assert.True(folder == Places.Bad || good > 10, $"only {good} mutations were good, so the others may all have failed early");
    }

    [Fact]
    public void Options_and_variables_made_of_any_words_are_right_answers_or_clear_errors()
    {
        var random = new Random(1);
        string[] paths = [.. ProfileKeys.All.Select(key => key.Path.Replace("#", "0", StringComparison.Ordinal)), "machine", "vm", "", ":", "machine::", "vm:", "machine:nodes:1:ram", "machine:nodes:00:ram"];
        string[] values = [.. Words, "1", "2GiB", "", "[]", "[1]", "[{\"ram\": \"1GiB\", \"cpus\": 1}]", "[{}]", "10", "pc", "\ud800"];
        var (good, rounds) = (0, Rounds(4_000, 100_000));
        for (var round = 0; round < rounds; round++)
        {
            var sets = Enumerable.Range(0, random.Next(0, 3)).Select(_ => $"{Any(random, paths)}={Any(random, values)}").ToArray();
            var environment = new Dictionary<string, string>();
            if (random.Next(3) == 0)
                environment["VBOXMEM__" + Any(random, paths).Replace(":", "__", StringComparison.Ordinal)] = Any(random, values);
            var result = Places.LoadIn(environment, """{ "machine": { "ram": "2GiB" } }""", sets);
            AssertClear(result, string.Join(' ', sets));
            if (result.Profile is not null) good++;
        }

        Assert.InRange(good, 50, rounds - 50);
    }

    [Fact]
    public void Any_value_in_the_place_of_any_key_is_a_right_answer_or_a_clear_error()
    {
        var random = new Random(2);
        string[] values =
        [
            "0", "1", "2", "10", "64", "4096", "-1", "1.5", "1e3", "1e999", "true", "null", "\"\"", "\"2GiB\"", "\"1GiB\"", "\"x\"", "\"DMA\"", "\"Normal\"",
            "\"forever\"", "\"10s\"", "\"vdb\"", "\"/\"", "\"leak\"", "\"signal\"", "\"TERM\"",
            "[]", "{}", "[1]", "[10, 20]", "[[10]]", "[{}]", "{\"0\": 1}", "[null]", "\"18446744073709551615\"",
        ];
        var usual = new Dictionary<string, string>
        {
            ["ram"] = "\"2GiB\"", ["cpus"] = "1", ["zone"] = "\"DMA32\"", ["start_pfn"] = "4096", ["spanned"] = "1000000",
            ["present"] = "500000", ["managed"] = "400000", ["size"] = "\"1GiB\"", ["disk"] = "\"vda\"", ["path"] = "\"/mnt\"",
            ["name"] = "\"web\"", ["program"] = "\"touch\"", ["at"] = "\"1s\"", ["do"] = "\"start\"", ["to"] = "\"web\"",
        };
        var (good, rounds) = (0, Rounds(3_000, 100_000));
        for (var round = 0; round < rounds; round++)
        {
            var machine = Group("machine:", 1).Insert(1, $"\"nodes\": {List("machine:nodes:#:")}, \"zones\": {List("machine:zones:#:")}, ");
            machine = machine.Insert(1, $"\"disks\": {List("machine:disks:#:")}, \"swap\": {List("machine:swap:#:")}, \"mounts\": {List("machine:mounts:#:")}, \"costs\": {Group("machine:costs:", 0)}, ");
            var workload = $"\"groups\": {List("groups:#:")}, \"timeline\": {List("timeline:#:")}";
            var json = $"{{\"machine\": {machine}, {workload}, \"vm\": {Group("vm:", 0)}}}";
            var result = Places.Load(json);
            AssertClear(result, json);
            if (result.Profile is not null) good++;
        }

        Assert.InRange(good, 50, rounds - 50);

        string List(string prefix) =>
            "[" + string.Join(", ", Enumerable.Range(0, Math.Max(0, random.Next(-8, 3))).Select(_ => Group(prefix, 9))) + "]";

        // The usual value in usualIn of 10 cases, any value once in a while, else nothing.
        string Group(string prefix, int usualIn) => "{" + string.Join(", ", ProfileKeys.All
            .Where(key => key.Path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => key.Path[prefix.Length..])
            .Where(name => !name.Contains(':') && name is not ("nodes" or "zones" or "disks" or "swap" or "mounts"))
            .Select(name => (Name: name, Value: Value(name, usualIn)))
            .Where(member => member.Value.Length > 0)
            .Select(member => $"\"{member.Name}\": {member.Value}")) + "}";

        string Value(string name, int usualIn) =>
            random.Next(50) == 0 ? Any(random, values)
            : usual.TryGetValue(name, out var value) && random.Next(10) < usualIn ? value
            : "";
    }

    private static void AssertClear(ProfileResult result, string input)
    {
        if (result.Profile is { } profile)
        {
            Assert.Empty(result.Errors);
            Assert.Equal(profile.EffectiveJson(), Places.Good(Places.Load(profile.EffectiveJson())).EffectiveJson());
            return;
        }

        Assert.True(result.Errors.Count > 0, input);
        Assert.All(result.Errors, line =>
        {
            Assert.InRange(line.Length, 10, 400);
            Assert.DoesNotContain(line, char.IsControl);
            Assert.Contains(": ", line, StringComparison.Ordinal);
        });
    }

    private static byte[] Mutate(Random random, byte[] text)
    {
        var at = random.Next(text.Length + 1);
        var length = Math.Min(random.Next(1, 8), text.Length - at);
        return random.Next(6) switch
        {
            0 => [.. text[..at], (byte)random.Next(256), .. text[at..]],
            1 => [.. text[..at], .. text[(at + length)..]],
            2 => [.. text[..at], .. Encoding.UTF8.GetBytes(Any(random, Words)), .. text[at..]],
            3 => [.. text[..at], .. Encoding.UTF8.GetBytes(Any(random, Words)), .. text[(at + length)..]],
            4 => [.. text[..(at + length)], .. text[at..]],
            _ => [.. text.Select((value, place) => place == at && value is >= (byte)'0' and <= (byte)'9' ? (byte)('0' + random.Next(10)) : value)],
        };
    }

    private static string Any(Random random, string[] words) => words[random.Next(words.Length)];
}
