using System.Buffers;
using System.Text;
using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.Tests.Log;

public sealed class KmsgRecordTests
{
    [Fact]
    public void A_record_is_priority_sequence_microseconds_flag_and_text() =>
        Assert.Equal(
            "6,0,549639,-;Memory: 978416K/1048056K available\n",
            Kmsg(549_639_999, LogFacility.Kernel, LogLevel.Info, "Memory: 978416K/1048056K available"u8));

    [Fact]
    public void Bytes_outside_printable_ascii_and_backslashes_are_escaped() =>
        Assert.Equal(
            "12,0,0,-;a\\x5cb\\x09c\\x0ad\\x7f\\xc3\\xa9~ \n",
            Kmsg(0, LogFacility.User, LogLevel.Warning, "a\\b\tc\nd\u007fé~ "u8));

    [Theory]
    [InlineData(0L, "<6>[    0.000000] up\n")]
    [InlineData(12_345_678_901L, "<6>[   12.345678] up\n")]
    [InlineData(99_999_000_001_000L, "<6>[99999.000001] up\n")]
    [InlineData(123_456_000_000_000L, "<6>[123456.000000] up\n")]
    public void Seconds_take_five_places_in_proc_kmsg(long nanoseconds, string expected) =>
        Assert.Equal(expected, Syslog(nanoseconds, "up"u8));

    [Fact]
    public void Every_line_of_a_message_has_its_prefix_in_proc_kmsg() =>
        Assert.Equal("<6>[    1.500000] one\n<6>[    1.500000] two\n", Syslog(1_500_000_000, "one\ntwo"u8));

    [Theory]
    [InlineData("hello", LogFacility.User, LogLevel.Warning, "hello")]
    [InlineData("<3>hello", LogFacility.User, LogLevel.Error, "hello")]
    [InlineData("<30>hello", LogFacility.Daemon, LogLevel.Info, "hello")]
    [InlineData("<x>hello", LogFacility.User, LogLevel.Warning, "<x>hello")]
    [InlineData("<3hello", LogFacility.User, LogLevel.Warning, "<3hello")]
    [InlineData("<3", LogFacility.User, LogLevel.Warning, "<3")]
    public void A_written_prefix_sets_level_and_facility(string written, LogFacility facility, LogLevel level, string text)
    {
        var rest = KmsgRecord.ParseWrite(Encoding.UTF8.GetBytes(written), out var actualFacility, out var actualLevel);

        Assert.Equal((facility, level, text), (actualFacility, actualLevel, Encoding.UTF8.GetString(rest)));
    }

    private static string Kmsg(long nanoseconds, LogFacility facility, LogLevel level, ReadOnlySpan<byte> text)
    {
        var log = new KernelLog();
        var output = new ArrayBufferWriter<byte>();
        log.TryRead(log.Append(nanoseconds, facility, level, text), out var record);
        KmsgRecord.Render(record, output);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }

    private static string Syslog(long nanoseconds, ReadOnlySpan<byte> text)
    {
        var log = new KernelLog();
        var output = new ArrayBufferWriter<byte>();
        log.TryRead(log.Append(nanoseconds, LogFacility.Kernel, LogLevel.Info, text), out var record);
        KmsgRecord.RenderSyslog(record, output);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }
}
