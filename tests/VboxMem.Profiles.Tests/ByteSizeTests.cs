using FsCheck.Xunit;

namespace VboxMem.Profiles.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("64k", 64UL << 10)]
    [InlineData("64K", 64UL << 10)]
    [InlineData("64KiB", 64UL << 10)]
    [InlineData("64kib", 64UL << 10)]
    [InlineData("512MiB", 512UL << 20)]
    [InlineData("512m", 512UL << 20)]
    [InlineData("8GiB", 8UL << 30)]
    [InlineData("2G", 2UL << 30)]
    [InlineData("2g", 2UL << 30)]
    [InlineData("1T", 1UL << 40)]
    [InlineData("1tib", 1UL << 40)]
    [InlineData(" 512 MiB ", 512UL << 20)]
    [InlineData("007k", 7UL << 10)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("16777215TiB", 16777215UL << 40)]
    public void Sizes_are_read_as_people_write_them(string text, ulong bytes)
    {
        Assert.Equal(ByteSizeReading.Ok, ByteSize.Read(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("k")]
    [InlineData("GiB")]
    [InlineData("-1k")]
    [InlineData("+1k")]
    [InlineData("1.5GiB")]
    [InlineData("1e9")]
    [InlineData("0x10")]
    [InlineData("2GB")]
    [InlineData("2kB")]
    [InlineData("2GiBs")]
    [InlineData("2Gi")]
    [InlineData("2GG")]
    [InlineData("2 0k")]
    [InlineData("2PiB")]
    [InlineData("\u0664k")]
    [InlineData("1\t")]
    public void What_is_no_size_is_malformed(string text) =>
        Assert.Equal(ByteSizeReading.Malformed, ByteSize.Read(text, out _));

    [Theory]
    [InlineData("18446744073709551616")]
    [InlineData("16777216TiB")]
    [InlineData("18014398509481984k")]
    [InlineData("99999999999999999999999999999999999999")]
    public void What_does_not_fit_64_bits_is_too_large(string text) =>
        Assert.Equal(ByteSizeReading.TooLarge, ByteSize.Read(text, out _));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(4097, "4097")]
    [InlineData(65536, "64KiB")]
    [InlineData(1536UL << 20, "1536MiB")]
    [InlineData(2UL << 30, "2GiB")]
    [InlineData(1UL << 40, "1TiB")]
    [InlineData(2048UL << 40, "2048TiB")]
    public void A_size_is_written_with_the_largest_unit_that_leaves_a_whole_number(ulong bytes, string text) =>
        Assert.Equal(text, ByteSize.Format(bytes));

    [Property(MaxTest = 1000)]
    public void Every_size_reads_back_as_it_was_written(ulong bytes, byte shift)
    {
        bytes <<= shift % 64;
        Assert.Equal(ByteSizeReading.Ok, ByteSize.Read(ByteSize.Format(bytes), out var read));
        Assert.Equal(bytes, read);
    }
}
