using System.Text;

namespace VboxMem.Tools.Tests;

// Goal: no file, however damaged, makes a tool fall over.
// Method: real files cut off at every byte, and with bytes changed at random places (a fixed seed); every tool must
//         end with 0, or with 1 and one line on standard error that names the file.
public sealed class DamagedFileTests
{
    private static readonly string[][] Commands =
    [
        ["free", "-hwltv"], ["vmstat", "-w"], ["vmstat", "-s"], ["vmstat", "-m"], ["vmstat", "-d"], ["vmstat", "-D"], ["vmstat", "-f"], ["slabtop", "-o"], ["slabtop", "-o", "--json"],
        ["free", "--json"], ["vmstat", "--json"], ["vmstat", "-s", "--json"],
    ];

    private static readonly string[] Files = ["meminfo", "vmstat", "stat", "uptime", "slabinfo", "diskstats"];

    private static MemoryTree Whole()
    {
        var tree = MemoryTree.OfCapture("swapleak-60");
        tree["/proc/slabinfo"] = string.Join('\n', tree["/proc/slabinfo"].Split('\n').Take(12)) + "\n";
        tree["/proc/diskstats"] = " 259       0 nvme0n1 106 62 10898 78 4 16 160 15 0 104 97 0 0 0 0 1 3\n   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n";
        return tree;
    }

    private static void CheckEveryTool(MemoryTree tree, string file, string damage)
    {
        foreach (var version in new[] { ProcpsVersion.V4_0_2, ProcpsVersion.V4_0_4 })
        {
            foreach (var command in Commands)
            {
                var outcome = Ours.Run(tree, version, command);
                var what = $"{string.Join(' ', command)} with {damage}: {outcome.Error}";
                Assert.True(outcome.Code is 0 or 1, what);
                Assert.True(outcome.Code == 0 == (outcome.Error.Length == 0), what);
                if (outcome.Code == 0) continue;
                Assert.StartsWith($"{command[0]}: Unable to ", outcome.Error, StringComparison.Ordinal);
                Assert.Equal(1, outcome.Error.Count(c => c == '\n'));
                if (tree["/proc/" + file].Length > 0) Assert.Contains($": /proc/{file}:", outcome.Error, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Files_cut_off_anywhere()
    {
        foreach (var file in Files)
        {
            var whole = Whole()["/proc/" + file];
            for (var length = 0; length < whole.Length; length += 1 + whole.Length / 120)
            {
                var tree = Whole();
                tree["/proc/" + file] = whole[..length];
                CheckEveryTool(tree, file, $"{file} cut to {length}");
            }
        }
    }

    [Fact]
    public void Files_with_changed_bytes()
    {
        var random = new Random(20260101);
        byte[] likely = [.. "0123456789 \t\n:-.kB%\0"u8, 0xff, 0xc3];
        foreach (var file in Files)
        {
            for (var round = 0; round < 120; round++)
            {
                var tree = Whole();
                var bytes = Encoding.UTF8.GetBytes(tree["/proc/" + file]);
                for (var i = random.Next(1, 6); i > 0; i--) bytes[random.Next(bytes.Length)] = likely[random.Next(likely.Length)];
                tree.Put("/proc/" + file, bytes);
                CheckEveryTool(tree, file, $"{file} damaged in round {round}");
            }
        }
    }
}
