// Goal: dd's last line is the one dd writes, in sizes, rounding and units.
// Method: the real dd copies so many bytes; its time is taken out and given to ours, which must then say the same speed.

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.Session.Console.Commands;

namespace VboxMem.Session.Tests;

public sealed class DdSummaryTests
{
    [Theory]
    [InlineData(0UL, 523_456UL, "0 bytes copied, 0.000523456 s, 0.0 kB/s")]
    [InlineData(0UL, 500_000UL, "0 bytes copied, 0.0005 s, 0 B/s")]
    [InlineData(1UL, 123_456_789UL, "1 byte copied, 0.123457 s, 0.0 kB/s")]
    [InlineData(104_857_600UL, 23_100_000UL, "104857600 bytes (105 MB, 100 MiB) copied, 0.0231 s, 4.5 GB/s")]
    [InlineData(104_857_600UL, 1_000_000_000UL, "104857600 bytes (105 MB, 100 MiB) copied, 1 s, 105 MB/s")]
    [InlineData(1000UL, 12_300UL, "1000 bytes (1.0 kB) copied, 1.23e-05 s, 81.3 MB/s")]
    [InlineData(512UL, 0UL, "512 bytes copied, 0 s, Infinity B/s")]
    public void Worked_examples(ulong bytes, ulong nanoseconds, string line) => Assert.Equal(line, DdSummary.Of(bytes, nanoseconds));

    [Fact]
    public void The_sizes_are_those_of_the_real_dd()
    {
        if (!RealShell.IsHere)
        {
            return;
        }

        ulong[] sizes =
        [
            1, 999, 1000, 1023, 1024, 1049, 1050, 1051, 1499, 1500, 9949, 9950, 9999, 10_000, 10_239, 10_240, 10_499, 99_949, 99_950, 999_499, 999_500, 999_999,
            1_000_000, 1_048_575, 1_048_576, 1_050_000, 1_150_000, 1_250_000, 9_949_999, 9_950_000, 10_188_800, 10_433_331, 10_433_332, 10_485_760, 25_000_000,
        ];
        foreach (var size in sizes)
        {
            using var dd = Process.Start(new ProcessStartInfo("dd", ["if=/dev/zero", "of=/dev/null", string.Create(CultureInfo.InvariantCulture, $"bs={size}"), "count=1"])
            {
                RedirectStandardError = true,
                Environment = { ["LC_ALL"] = "C" },
            })!;
            var real = dd.StandardError.ReadToEnd().Split('\n')[2];
            dd.WaitForExit();
            var ours = DdSummary.Of(size, 1_234_567);
            Assert.Equal(Regex.Replace(real, "copied,.*", ""), Regex.Replace(ours, "copied,.*", ""));
        }
    }
}
