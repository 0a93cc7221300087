using System.Diagnostics;
using System.Globalization;
using VboxMem.FileTree;

namespace VboxMem.Tools.Tests.Dmesg;

// Goal: a device that gives a record a read is read whole, like the host's own /dev/kmsg.
// Method: a pipe in packet mode: what of a packet does not fit a read is lost, and shows as a record cut short.
public sealed class RecordReadingTests
{
    [RealToolFact]
    public void No_record_is_lost_at_the_end_of_a_buffer()
    {
        const string hold =
            """
            use Fcntl;
            sysopen(PIPE, $ARGV[0], O_RDWR | O_NONBLOCK) && fcntl(PIPE, F_SETFL, O_RDWR | O_NONBLOCK | 040000) && fcntl(PIPE, 1031, 1 << 20) or die "pipe: $!";
            for my $i (0 .. 99) { syswrite(PIPE, "6,$i,$i,-;" . ("x" x 3000) . "\n") or die "write: $!"; }
            $| = 1; print "ready\n"; <STDIN>;
            """;
        using var tree = new ProcTree().AddDirectory("dev");
        var pipe = Path.Combine(tree.Root, "dev/kmsg");
        Shell.Run($"mkfifo '{pipe}'");
        using var holder = Process.Start(new ProcessStartInfo("perl", ["-e", hold, pipe]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("ready", holder.StandardOutput.ReadLine());

        var lines = Ours.Run(new DirectoryTree(tree.Root), ProcpsVersion.V4_0_4, ["dmesg"]).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        holder.StandardInput.Close();
        holder.WaitForExit();

        Assert.Equal(100, lines.Length);
        for (var i = 0; i < lines.Length; i++)
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"[    0.{i:000000}] {new string('x', 3000)}"), lines[i]);
    }
}
