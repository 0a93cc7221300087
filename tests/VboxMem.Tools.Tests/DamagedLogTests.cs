using System.Text;
using VboxMem.Tools.Tests.Dmesg;

namespace VboxMem.Tools.Tests;

// Goal: no file, however damaged, makes sar, dmesg, journalctl or swapon fall over.
// Method: as DamagedFileTests: whole files cut off anywhere, and with bytes changed at random places (a fixed seed); the tool ends
//         with 0, or with its code for failure and one line on standard error that names the file.
public sealed class DamagedLogTests
{
    private static readonly (string File, string[] Commands)[] Readers =
    [
        ("/dev/kmsg", ["dmesg", "dmesg -T", "dmesg -H", "dmesg -J", "dmesg -p", "journalctl -k", "journalctl -k -a", "journalctl -k --json"]),
        ("/proc/swaps", ["swapon --show", "swapon -s", "swapon --raw --bytes", "swapon --json"]),
        ("/proc/stat", ["sar 0", "sar -u ALL -P ALL 0", "sar --json -P ALL 0", "sar", "dmesg -T", "journalctl -k"]),
        ("/proc/uptime", ["sar 0", "sar -B 1 2"]),
        ("/proc/vmstat", ["sar -B -W 0", "sar -B --json 0"]),
        ("/proc/meminfo", ["sar -r ALL -S 0", "sar -r -S -h 0"]),
        ("/proc/loadavg", ["sar -q 0"]),
        ("/proc/pressure/io", ["sar -q PSI 0", "sar -q IO -h 0"]),
    ];

    /// <summary>Of all files together, at 8 files: VBOXMEM_TESTS_LONG=1 makes them 100,000.</summary>
    private static int RoundsOfEach => (Environment.GetEnvironmentVariable("VBOXMEM_TESTS_LONG") is "1" ? 100_000 : 2_000) / Readers.Length;

    private static MemoryTree Whole()
    {
        var tree = MemoryTree.OfCapture("swapleak-60");
        tree["/dev/kmsg"] = OomLog.Records;
        tree["/proc/swaps"] = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vdb                                partition\t1048572\t\t12345\t\t-2\n/swap\\040file                           file\t\t20971520\t1024\t\t5\n";
        tree["/proc/loadavg"] = "1.25 0.75 0.10 3/123 456\n";
        tree["/proc/sys/kernel/hostname"] = "vbox\n";
        foreach (var file in new[] { "cpu", "io", "memory" })
            tree["/proc/pressure/" + file] = "some avg10=1.27 avg60=0.05 avg300=99.99 total=2187415\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        return tree;
    }

    private static void Check(string file, string[] commands, byte[] damaged, string damage)
    {
        var tree = Whole();
        tree.Put(file, damaged);
        foreach (var command in commands)
        {
            var outcome = Ours.Run(tree, ProcpsVersion.V4_0_4, command.Split(' '), new ScriptedTicker());
            var what = $"{command} with {file} {damage}: {outcome.Code} {outcome.Error}";
            if (command == "sar" && outcome.Code == 2) continue;   // no daily file, as always
            Assert.True(outcome.Code is 0 or 1 or 3 or 255, what);
            Assert.True(outcome.Code == 0 == (outcome.Error.Length == 0), what);
            if (outcome.Code == 0) continue;
            Assert.Equal(1, outcome.Error.Count(c => c == '\n'));
            Assert.Contains(file, outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Files_cut_off_anywhere()
    {
        foreach (var (file, commands) in Readers)
        {
            var whole = Encoding.UTF8.GetBytes(Whole()[file]);
            for (var length = 0; length < whole.Length; length += 1 + whole.Length / 150) Check(file, commands, whole[..length], $"cut to {length}");
        }
    }

    [Fact]
    public void Files_with_changed_bytes()
    {
        var random = new Random(20260102);
        byte[] likely = [.. "0123456789 \t\n:;,-.=\\x/kB%\0"u8, 0xff, 0xc3, 0x1b];
        foreach (var (file, commands) in Readers)
        {
            for (var round = 0; round < RoundsOfEach; round++)
            {
                var bytes = Encoding.UTF8.GetBytes(Whole()[file]);
                for (var i = random.Next(1, 6); i > 0; i--) bytes[random.Next(bytes.Length)] = likely[random.Next(likely.Length)];
                Check(file, commands, bytes, $"damaged in round {round}");
            }
        }
    }
}
