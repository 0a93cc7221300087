// Goal: a file that cannot be read is one clear line, and a file without a name key is called by its own name.

namespace VboxMem.Profiles.Tests;

public sealed class ProfileFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-profiles-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_missing_file_is_one_line()
    {
        Assert.Equal(["no/such.json: no such file"], Load("no/such.json").Errors);
        Assert.Equal([$"{_folder}/none.json: no such file"], Load($"{_folder}/none.json").Errors);
    }

    [Fact]
    public void A_long_path_is_named_to_its_end()
    {
        var path = Path.Combine(_folder, new string('d', 100), "none.json");
        Assert.Equal([$"{path}: no such file"], Load(path).Errors);
    }

    [Fact]
    public void A_directory_is_one_line() =>
        Assert.Equal([$"{_folder}: a directory, allowed is a JSON file"], Load(_folder).Errors);

    [Theory]
    [InlineData("", ": not a file name")]
    [InlineData("a\0b", "a\\u0000b: not a file name")]
    public void What_cannot_be_a_file_name_is_one_line(string path, string line) => Assert.Equal([line], Load(path).Errors);

    [Fact]
    public void A_file_without_end_is_one_line() =>
        Assert.Equal(["/dev/zero: larger than 16MiB, which no profile is"], Load("/dev/zero").Errors);

    [Fact]
    public void A_name_of_a_directory_below_a_file_is_one_line()
    {
        var file = Write("x.json", "{}");
        var line = Assert.Single(Load(file + "/y.json").Errors);
        Assert.StartsWith($"{file}/y.json: ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_may_not_be_read_is_one_line() =>   // not even by root
        Assert.Equal(["/proc/sys/vm/drop_caches: permission denied"], Load("/proc/sys/vm/drop_caches").Errors);

    [Fact]
    public void A_profile_without_a_name_is_called_by_its_file()
    {
        const string Json = """{ "machine": { "ram": "1GiB" } }""";
        Assert.Equal("my box", Places.Good(Load(Write("my box.json", Json))).Name);
        Assert.Equal("profile", Places.Good(Load(Write(".json", Json))).Name);
        Assert.Equal("a\\u000ab", Places.Good(Load(Write("a\nb.json", Json))).Name);
    }

    [Fact]
    public void A_byte_order_mark_comments_and_trailing_commas_do_no_harm() =>
        Assert.Equal(5UL, Places.Good(Load(Write("x.json", "\ufeff{ // five\n \"seed\": 5, /* RAM */ \"machine\": { \"ram\": \"1GiB\", }, }"))).Machine.Seed);

    [Fact]
    public void Loading_does_not_look_at_the_environment_of_the_process()
    {
        Environment.SetEnvironmentVariable("VBOXMEM__seed", "77");
        try
        {
            Assert.Equal(1UL, Places.Good(Load(Write("x.json", """{ "machine": { "ram": "1GiB" } }"""))).Machine.Seed);
        }
        finally
        {
            Environment.SetEnvironmentVariable("VBOXMEM__seed", null);
        }
    }

    private static ProfileResult Load(string path) => ProfileLoader.Load(path, [], Places.NoEnvironment);

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
