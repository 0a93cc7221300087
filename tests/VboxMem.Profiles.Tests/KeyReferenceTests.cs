// Goal: profiles/README.md is the reference of every key, and the key table agrees with the machine's own defaults.

using VboxMem.Kernel.Sysctl;

namespace VboxMem.Profiles.Tests;

public sealed class KeyReferenceTests
{
    private static string Readme => Path.Combine(Places.Profiles, "README.md");

    [Fact]
    public void The_reference_lists_exactly_the_keys_with_their_types_defaults_ranges_and_meanings()
    {
        var rows = ProfileKeys.All.Select(Row).ToArray();
        var lines = File.ReadAllLines(Readme);
        var first = Array.FindIndex(lines, line => line.StartsWith("| Key |", StringComparison.Ordinal)) + 2;
        var count = lines.Skip(first).TakeWhile(line => line.StartsWith('|')).Count();
        if (Places.Rewrite)
        {
            File.WriteAllText(Readme, string.Concat(lines[..first].Concat(rows).Concat(lines[(first + count)..]).Select(line => line + "\n")));
            return;
        }

        Assert.Equal(rows, lines[first..(first + count)]);
        Assert.DoesNotContain(lines[(first + count)..], line => line.StartsWith('|'));
    }

    [Fact]
    public void Every_profile_shown_in_the_text_loads()
    {
        var examples = File.ReadAllText(Readme).Split("```json\n")[1..].Select(text => text.Split("```")[0]).ToArray();
        Assert.Equal(2, examples.Length);
        Assert.All(examples, json => Places.Good(Places.Load(json)));
    }

    [Fact]
    public void Every_file_of_proc_sys_vm_that_keeps_a_value_is_a_key() =>
        Assert.Equal(
            SysctlTable.Files.Where(file => !file.IsAction).Select(file => "vm:" + file.Name),
            ProfileKeys.All.Select(key => key.Path).Where(path => path.StartsWith("vm:", StringComparison.Ordinal)));

    [Fact]
    public void Keys_are_in_snake_case_but_for_the_names_that_linux_gives() =>
        Assert.All(
            ProfileKeys.All.Where(key => !key.Path.StartsWith("vm:", StringComparison.Ordinal)),
            key => Assert.Matches("^[a-z0-9_:#]+$", key.Path));

    [Fact]
    public void Every_default_is_a_value_that_its_own_key_allows_in_canonical_spelling() =>
        Assert.All(
            ProfileKeys.All.OfType<ScalarKey>().Where(key => key.Default is not null),
            key => Assert.Equal(key.Default, key.Canonical(key.Default!, out _)));

    [Fact]
    public void No_text_of_a_key_breaks_the_table() =>
        Assert.All(ProfileKeys.All, key => Assert.DoesNotContain('|', key.Meaning + key.Allowed + key.DefaultNote + key.Default));

    private static string Row(ProfileKey key)
    {
        var initial = key.Default is null ? key.DefaultNote : key.Default.Length == 0 ? "empty" : $"`{key.Default}`";
        return $"| `{key.Path}` | {key.TypeName} | {key.Unit} | {initial} | {key.Allowed} | {key.Meaning} |";
    }
}
