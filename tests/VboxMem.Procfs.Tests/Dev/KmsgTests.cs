using VboxMem.FileTree;
using VboxMem.Kernel.Time;

namespace VboxMem.Procfs.Tests.Dev;

public sealed class KmsgTests
{
    [Fact]
    public void Reading_prints_every_record_from_the_banner_on()
    {
        using var box = Box.With();
        var lines = box.Read("/dev/kmsg").Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(box.Machine.Log.Count, lines.Length);
        Assert.StartsWith("5,0,0,-;Linux version 6.12.107+deb13-cloud-amd64 ", lines[0], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, lines.Length), lines.Select(static line => int.Parse(line.Split(',')[1])));
    }

    [Fact]
    public void Writing_appends_a_record_of_this_moment()
    {
        using var box = Box.With();
        box.Machine.RunUntil(SimTime.FromMilliseconds(12_345));
        var sequence = box.Machine.Log.NextSequence;

        Assert.Equal(Errno.None, box.Write("/dev/kmsg", "<3>disk on fire\n"));

        Assert.EndsWith($"\n11,{sequence},12345000,-;disk on fire\n", box.Read("/dev/kmsg"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_longer_than_a_record_is_EINVAL()
    {
        using var box = Box.With();

        Assert.Equal(Errno.EINVAL, box.Write("/dev/kmsg", new string('x', 1025)));
        Assert.Equal(Errno.None, box.Write("/dev/kmsg", new string('x', 1024)));
    }
}
