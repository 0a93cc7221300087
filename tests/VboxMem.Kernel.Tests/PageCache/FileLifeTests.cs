using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.PageCache;

// Goal: whatever programs do to files, in whatever order, the page cache adds up, and a copy of the machine goes on alike.
// Method: three tasks make random requests on a handful of files; shrinkers and drop_caches come in between.
public sealed class FileLifeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_requests_leave_a_page_cache_that_adds_up_and_a_copy_that_agrees(ulong seed)
    {
        var random = new Prng(seed, "file-life");
        using var box = new FileBox(ramMebibytes: 256, readBytesPerSecond: 50 << 20);
        for (var task = 0; task < 3; task++)
        {
            box.Start([.. Enumerable.Range(0, 200).Select(_ => Draw(ref random))]);
        }

        for (var round = 0; round < 30; round++)
        {
            box.Sleep(1 + random.NextBelow(20));
            switch (random.NextBelow(4))
            {
                case 0:
                    _ = box.Files.Shrinkers[1].Scan(0, 1 + random.NextBelow(20));
                    break;
                case 1:
                    Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("drop_caches", "1"u8));
                    break;
                default:
                    break;
            }

            box.Audit();
        }

        using var copy = box.Clone();
        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        box.Sleep(500);
        copy.Sleep(500);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        copy.Audit();
    }

    private static Request Draw(ref Prng random)
    {
        var path = (random.NextBelow(2) == 0 ? "/mnt/" : "/tmp/") + (random.NextBelow(3) == 0 ? "d/" : "") + "f" + random.NextBelow(6);
        var descriptor = random.NextBelow(4);
        var bytes = random.NextBelow(300_000);
        return random.NextBelow(12) switch
        {
            0 => FileBox.Open(path, OpenFlags.Create | OpenFlags.Write, random.NextBelow(2) * bytes),
            1 => FileBox.Open(path, OpenFlags.Create | OpenFlags.Write | OpenFlags.Append),
            2 => FileBox.Open(path, OpenFlags.Write | OpenFlags.Truncate),
            3 => FileBox.Close(descriptor),
            4 or 5 => FileBox.Read(descriptor, bytes),
            6 => FileBox.Write(descriptor, bytes),
            7 => FileBox.Seek(descriptor, random.NextBelow(500_000)),
            8 => new Request(RequestKind.Truncate, descriptor, bytes),
            9 => FileBox.Unlink(path),
            10 => FileBox.Stat(path),
            _ => random.NextBelow(2) == 0
                ? new Request(RequestKind.Fsync, descriptor)
                : new Request(RequestKind.Fadvise, descriptor, bytes, bytes, random.NextBelow(6)),
        };
    }
}
