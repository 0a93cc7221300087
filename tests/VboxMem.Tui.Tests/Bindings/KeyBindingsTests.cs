// Goal: keys are where users of htop and less expect them, no key means two things, and everything that is told of keys is told from the list.

using VboxMem.Testing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests.Bindings;

public sealed class KeyBindingsTests
{
    [Theory]
    [InlineData(ScreenCommand.Help, "F1 ?")]
    [InlineData(ScreenCommand.Search, "F3 /")]
    [InlineData(ScreenCommand.Filter, "F4 \\")]
    [InlineData(ScreenCommand.Tree, "F5 t")]
    [InlineData(ScreenCommand.Sort, "F6 < >")]
    [InlineData(ScreenCommand.Kill, "F9 k")]
    [InlineData(ScreenCommand.Quit, "F10 q")]
    [InlineData(ScreenCommand.Up, "Up")]
    [InlineData(ScreenCommand.PageDown, "PgDn")]
    [InlineData(ScreenCommand.Home, "Home")]
    [InlineData(ScreenCommand.Tag, "Space")]
    [InlineData(ScreenCommand.Console, ":")]
    public void Keys_are_those_of_htop_and_less(ScreenCommand command, string keys)
    {
        var names = KeyBindings.Of(command).Keys.Select(static key => key.ToString()).ToArray();
        foreach (var key in keys.Split(' ')) Assert.Contains(key, names);
    }

    [Fact]
    public void No_key_means_two_things()
    {
        var keys = KeyBindings.All.SelectMany(static binding => binding.Keys).ToArray();
        Assert.Equal(keys.Length, keys.Distinct().Count());
        foreach (var key in keys) Assert.NotNull(KeyBindings.Find(key));
    }

    [Theory]
    [InlineData(ScreenCommand.Down, 'j')]
    [InlineData(ScreenCommand.Up, 'k')]
    [InlineData(ScreenCommand.PageDown, ' ')]
    [InlineData(ScreenCommand.PageUp, 'b')]
    public void Where_one_reads_keys_are_those_of_less(ScreenCommand command, char key)
    {
        Assert.Equal(command, KeyBindings.Find(Key.Of(key), isInText: true)?.Command);
        Assert.NotEqual(command, KeyBindings.Find(Key.Of(key))?.Command);
        Assert.Equal(ScreenCommand.Quit, KeyBindings.Find(Key.Of('q'), isInText: true)?.Command);
    }

    [Fact]
    public void Every_command_has_a_key() =>
        Assert.Equal(Enum.GetValues<ScreenCommand>().Order(), KeyBindings.All.Select(static binding => binding.Command).Order());

    [Fact]
    public void The_machines_keys_shadow_none_of_the_others()
    {
        Key[] shared = [.. "q?/\\t<>k 123456789"u8.ToArray().Select(static value => Key.Of((char)value))];
        foreach (var binding in KeyBindings.All.Where(static binding => binding.Group == BindingGroup.Machine))
            Assert.DoesNotContain(binding.Keys, key => shared.Contains(key));
    }

    [Fact]
    public void The_readme_has_the_table_of_this_list()
    {
        var file = Path.Combine(SourceTree.Root, "README.md");
        var readme = File.ReadAllText(file);
        if (Environment.GetEnvironmentVariable("VBOXMEM_REWRITE_EXPECTATIONS") == "1")
        {
            var start = readme.IndexOf("| Keys | |", StringComparison.Ordinal);
            var end = readme.IndexOf("\n\n", start, StringComparison.Ordinal);
            readme = readme[..start] + Table() + readme[end..];
            File.WriteAllText(file, readme);
        }

        Assert.Contains(Table(), readme, StringComparison.Ordinal);
    }

    private static string Table()
    {
        var lines = new List<string> { "| Keys | |", "|---|---|" };
        foreach (var binding in KeyBindings.All)
            lines.Add($"| {string.Join(' ', binding.Keys.Select(static key => $"`{key}`"))} | {binding.FullDescription} |");
        return string.Join('\n', lines);
    }
}
