// Goal: the log keeps the newest messages whole, in order and by number, whatever their lengths.
// Method: the ring against a plain list of everything appended: what is left must be the list's tail, and as long as it can be.

using System.Text;
using FsCheck;
using FsCheck.Xunit;
using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.Tests.Log;

public sealed class KernelLogTests
{
    [Property(MaxTest = 60)]
    public void What_is_left_is_the_tail_of_what_was_appended(NonEmptyArray<byte> lengths, PositiveInt rounds)
    {
        var log = new KernelLog(4096);
        var appended = new List<string>();
        for (var i = 0; i < 50 + rounds.Get * 7 % 400; i++)
        {
            appended.Add(new string((char)('a' + i % 26), lengths.Get[i % lengths.Get.Length] * 4));
            Assert.Equal((ulong)i, log.Print(i * 1_000L, LogLevel.Info, appended[i]));
        }

        Assert.Equal((ulong)appended.Count, log.NextSequence);
        var next = (int)log.FirstSequence;
        foreach (var record in log.RecordsFrom(0))
        {
            Assert.Equal((ulong)next, record.Sequence);
            Assert.Equal(appended[next], Encoding.UTF8.GetString(record.Text));
            Assert.Equal(next * 1_000L, record.Nanoseconds);
            next++;
        }

        Assert.Equal(appended.Count, next);
    }

    [Property(MaxTest = 60)]
    public void No_more_is_dropped_than_must_be(NonEmptyArray<byte> lengths)
    {
        const int Capacity = 4096;
        var log = new KernelLog(Capacity);
        var sizes = new List<int>();
        for (var i = 0; i < 500; i++)
        {
            var length = lengths.Get[i % lengths.Get.Length];
            log.Print(0, LogLevel.Info, new string('x', length));
            sizes.Add((8 + length + 7) & ~7);
        }

        // The next older message must have lost its descriptor, or not fit with the newest and one gap at the end of the ring.
        var held = sizes.Skip((int)log.FirstSequence).Sum();
        var older = log.FirstSequence == 0 ? 0 : sizes[(int)log.FirstSequence - 1];
        Assert.True(held <= Capacity);
        Assert.True(log.Count == Capacity / 32 || held + older + sizes.Max() > Capacity);
    }

    [Fact]
    public void Short_messages_are_limited_by_their_number()
    {
        var log = new KernelLog(4096);
        for (var i = 0; i < 1_000; i++) log.Print(0, LogLevel.Info, "");

        Assert.Equal(128, log.Count);
    }

    [Fact]
    public void Reading_tells_the_overwritten_from_the_not_yet_written()
    {
        var log = new KernelLog(4096);
        for (var i = 0; i < 20; i++) log.Print(i, LogLevel.Info, new string('x', 500));

        Assert.Equal(LogRead.Overwritten, log.TryRead(0, out _));
        Assert.Equal(LogRead.Overwritten, log.TryRead(log.FirstSequence - 1, out _));
        Assert.Equal(LogRead.Done, log.TryRead(log.FirstSequence, out var oldest));
        Assert.Equal(500, oldest.Text.Length);
        Assert.Equal(LogRead.NotYet, log.TryRead(20, out _));
    }

    [Fact]
    public void A_copy_goes_its_own_way()
    {
        var log = new KernelLog(4096);
        log.Print(1, LogLevel.Info, "common");
        var copy = log.Clone();
        log.Print(2, LogLevel.Info, "original");
        copy.Print(2, LogLevel.Error, "copy");

        Assert.Equal(["common", "original"], Texts(log));
        Assert.Equal(["common", "copy"], Texts(copy));
    }

    [Fact]
    public void Interpolated_text_is_formatted_without_regard_to_culture()
    {
        var log = new KernelLog();
        var pages = 1234;
        log.Print(0, LogLevel.Info, $"Node {0}, zone {"DMA32",8}: {pages,6}kB 0x{255:x4} {0.5:F1} µ");

        Assert.Equal(["Node 0, zone    DMA32:   1234kB 0x00ff 0.5 µ"], Texts(log));
    }

    [Fact]
    public void A_final_newline_is_dropped_and_a_long_text_cut()
    {
        var log = new KernelLog();
        log.Print(0, LogLevel.Info, "one\n");
        log.Print(0, LogLevel.Info, new string('x', 2_000));
        log.Append(0, LogFacility.User, LogLevel.Warning, "two\nlines\n"u8);

        Assert.Equal(["one", new string('x', 1024), "two\nlines"], Texts(log));
        Assert.Throws<ArgumentException>(() => log.Print(0, LogLevel.Info, new string('x', 5_000)));
        Assert.Throws<ArgumentException>(() => log.Print(0, LogLevel.Info, $"{new string('x', 5_000)}"));
    }

    [Fact]
    public void The_default_log_holds_a_quarter_of_a_mebibyte()
    {
        var log = new KernelLog();
        for (var i = 0; i < 10_000; i++) log.Print(0, LogLevel.Info, new string('x', 56));

        Assert.Equal(262_144 / 64, log.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => new KernelLog(5_000));
    }

    // Until the runtime has compiled its formatters for speed, in the background, they box what they format: wait for that.
    [Fact]
    public void Printing_allocates_no_managed_memory()
    {
        var log = new KernelLog();
        var allocated = long.MaxValue;
        for (var round = 0; round < 200 && allocated != 0; round++)
        {
            Thread.Sleep(10);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Fill(log, 500);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static void Fill(KernelLog log, int messages)
    {
        for (var i = 0; i < messages; i++) log.Print(i, LogLevel.Info, $"[{i,7}] total_vm:{i * 4L}kB, oom_score_adj:{-i,6}");
    }

    private static List<string> Texts(KernelLog log)
    {
        var texts = new List<string>();
        foreach (var record in log.RecordsFrom(0)) texts.Add(Encoding.UTF8.GetString(record.Text));
        return texts;
    }
}
