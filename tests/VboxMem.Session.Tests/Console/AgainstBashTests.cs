// Goal: the console's words are those of bash, coreutils and grep: output, messages and status byte for byte.
// Method: the same lines given to the machine's own bash in a folder of files, and to the console whose root that folder is.

using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Session.Tests;

public sealed class AgainstBashTests : IDisposable
{
    private const string Words = "banana 10 x\nApple 9 y\ncherry  100 z\napple 2.5\n\n  indented 7\nbanana 10 x\nlast_one -3 w\nk 1K\nm 2M\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("vbox-mem-shell-").FullName;

    public AgainstBashTests()
    {
        File.WriteAllText(Path.Combine(_folder, "words"), Words);
        File.WriteAllText(Path.Combine(_folder, "open"), "no line end\nat the end");
        File.WriteAllText(Path.Combine(_folder, "empty"), "");
        File.WriteAllBytes(Path.Combine(_folder, "bytes"), [.. Enumerable.Range(1, 255).Select(static value => (byte)value), 10]);
        File.WriteAllBytes(Path.Combine(_folder, "zeros"), Encoding.ASCII.GetBytes("one\0two\0three\n"));
        File.WriteAllText(Path.Combine(_folder, "colons"), "a:3:x\nb:1:y\nc:2:x\nb:1:x\n");
        File.WriteAllText(Path.Combine(_folder, "meminfo"), "MemTotal:        2021576 kB\nMemFree:           71640 kB\nMemAvailable:     538036 kB\nActive(anon):     104757 kB\nHugePages_Total:       0\n");
        Directory.CreateDirectory(Path.Combine(_folder, "dir", "sub"));
        File.WriteAllText(Path.Combine(_folder, "dir", "f1"), "1\n");
        File.WriteAllText(Path.Combine(_folder, "dir", "f2"), "2\n");
        File.WriteAllText(Path.Combine(_folder, "dir", ".hidden"), "h\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_line_comes_to_what_it_comes_to_under_bash()
    {
        if (!RealShell.IsHere)
        {
            return;   // no bash to compare with
        }

        var tree = new DirectoryTree(_folder);
        var differences = new StringBuilder();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Console", "lines.txt")))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var (real, ours) = (RealShell.Bash(_folder, line), RealShell.Ours(tree, line));
            if (real != ours)
            {
                differences.Append($"\n=== {line}\n--- real\n{real}--- ours\n{ours}");
            }
        }

        Assert.True(differences.Length == 0, differences.ToString());
    }
}
