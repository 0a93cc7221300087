// Goal: the length of a line is that of the line that nginx would write.

using System.Globalization;
using VboxMem.Workloads.Programs;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests;

public sealed class AccessLogTests
{
    [Theory]
    [InlineData(0UL)]
    [InlineData(9UL)]
    [InlineData(10UL)]
    [InlineData(123_456UL)]
    public void A_line_is_as_long_as_the_combined_format_makes_it(ulong bytes)
    {
        var client = new Client("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64)");
        const string url = "/img/a-b.jpg";
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{client.Address} - - [27/Nov/2026:13:56:48 +0000] \"GET {url} HTTP/1.1\" 200 {bytes} \"-\" \"{client.UserAgent}\"\n");

        Assert.Equal((ulong)line.Length, AccessLog.LineBytes(client, url.Length, bytes));
    }

    [Fact]
    public void Lines_wait_until_no_other_finds_room()
    {
        var log = new AccessLog();
        log.Add(AccessLog.BufferBytes - 100);
        Assert.True(log.HasRoomFor(100));
        Assert.False(log.HasRoomFor(101));

        log.Empty();
        log.Add(101);
        Assert.Equal((101UL, 2UL, AccessLog.BufferBytes + 1), (log.Waiting, log.Lines, log.Bytes));
    }
}
