// Goal: import writes what it found to where it was told, says what was not to be had, and never leaves half a file.

namespace VboxMem.Cli.Tests;

public sealed class ImportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_dump_is_imported_and_the_profile_is_good()
    {
        var (dump, profile) = (Path.Combine(_folder, "dump"), Path.Combine(_folder, "box.json"));
        Assert.Equal(0, VboxMemProcess.Run("run", "tiny", "--for", "1s", "--out", dump).Code);
        var printed = VboxMemProcess.Run("import", "--root", dump);
        Assert.Equal(0, printed.Code);
        Assert.Contains("\"zones\"", printed.Out, StringComparison.Ordinal);

        var written = VboxMemProcess.Run("import", "--root", dump, "--out", profile);
        Assert.Equal((0, ""), (written.Code, written.Out));
        Assert.Equal(printed.Out, File.ReadAllText(profile));
        Assert.Equal(printed.Error, written.Error);
        Assert.Equal(0, VboxMemProcess.Run("profiles", "check", profile).Code);

        var refused = VboxMemProcess.Run("import", "--root", dump, "--out", profile);
        Assert.Equal((2, $"vbox-mem import: --out {profile}: exists, give --force to replace it\n"), (refused.Code, refused.Error));
        Assert.Equal(0, VboxMemProcess.Run("import", "--root", dump, "--out", profile, "--force").Code);
    }

    [Fact]
    public void What_is_malformed_is_named_and_nothing_is_written()
    {
        var profile = Path.Combine(_folder, "box.json");
        File.WriteAllText(Path.Combine(_folder, "meminfo"), "MemTotal: 1000000 kB\nMemFree: many kB\n");
        var ending = VboxMemProcess.Run("import", "--root", _folder, "--out", profile);
        Assert.Equal((2, ""), (ending.Code, ending.Out));
        Assert.Contains($"{_folder}/meminfo:2: MemFree is \"many\"", ending.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(profile));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_one_line_and_an_exit_code()
    {
        File.WriteAllText(Path.Combine(_folder, "meminfo"), "MemTotal: 1000000 kB\n");
        var ending = VboxMemProcess.Run("import", "--root", _folder, "--out", "/proc/vbox-mem-box.json");
        Assert.Equal(74, ending.Code);
        Assert.Contains("vbox-mem: /proc/vbox-mem-box.json: cannot be written: ", ending.Error, StringComparison.Ordinal);
    }
}
