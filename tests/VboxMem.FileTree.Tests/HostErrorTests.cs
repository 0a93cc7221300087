// Goal: failures of the host's file system, made to happen, are told in the system's words.

namespace VboxMem.FileTree.Tests;

public sealed class HostErrorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/dev/full", "No space left on device")]
    [InlineData("no/such/folder", "No such file or directory")]
    [InlineData("/proc/vbox-mem", "No such file or directory")]
    public void A_file_that_cannot_be_written(string path, string reason)
    {
        var error = Assert.ThrowsAny<SystemException>(() => File.WriteAllBytes(Path.Combine(_directory.Root, path), [1]));
        Assert.Equal(reason, HostError.Describe(error));
    }

    [Fact]
    public void A_name_that_is_too_long()
    {
        var error = Assert.ThrowsAny<IOException>(() => Directory.CreateDirectory(Path.Combine(_directory.Root, new string('x', 300))));
        Assert.Equal("File name too long", HostError.Describe(error));
    }

    [Fact]
    public void Other_exceptions_speak_for_themselves() =>
        Assert.Equal("exists already", HostError.Describe(new IOException("exists already")));
}
