// Goal: a line that is sent is written through the mapping, on the disk after five minutes or at once, and the file grows and begins anew.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Tests.Services;

public sealed class JournalTests : IDisposable
{
    private const string Socket = "/run/systemd/journal/socket";
    private const ulong Mebibyte = ServiceBox.Mebibyte;

    private readonly ServiceBox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void Lines_make_pages_dirty_that_are_synced_after_the_interval()
    {
        Started(new ProgramParameters(Every: SimTime.FromSeconds(20)));
        Quieten();
        Send(lines: 50, bytes: 200);
        var dirty = _box.DirtyPages;
        Assert.InRange(dirty, 30UL, 80UL);   // header, tail, and a bucket of the hash table each
        _box.Run(15);
        Assert.Equal(dirty, _box.DirtyPages);
        _box.Run(10);
        Assert.Equal(0UL, _box.DirtyPages);
        _box.Audit();
    }

    [Fact]
    public void A_critical_line_is_on_the_disk_at_once()
    {
        Started(new ProgramParameters());
        Quieten();
        Send(lines: 1, bytes: 200, priority: 2);
        _box.Run(0.5);

        Assert.Equal(0UL, _box.DirtyPages);
        Assert.True(_box.Machine.Events[Kernel.Accounting.VmEvent.PgPgOut] > 0);
    }

    [Fact]
    public void The_file_grows_by_windows_and_begins_anew_when_it_is_full()
    {
        var daemon = Started(new ProgramParameters(SizeBytes: 24 * Mebibyte));
        Quieten();
        var mapped = _box.MemoryOf(daemon).TotalPages;
        for (var batch = 0; batch < 60; batch++)
        {
            Send(lines: 100, bytes: 4000);
            Assert.True(_box.IsAlive(daemon), $"batch {batch}: exit code {daemon.ExitCode}");
            Assert.Equal(mapped, _box.MemoryOf(daemon).TotalPages);   // two windows, whatever the size of the file
        }

        // 6000 lines of 4640 bytes are 26.5 MiB: it was full once.
        Assert.True(_box.IsAlive(daemon));
        Assert.InRange(_box.MemoryOf(daemon).RssFilePages * 4096, 4 * Mebibyte, 32 * Mebibyte);
        _box.Audit();
    }

    [Fact]
    public void Programs_that_log_live_on_when_nobody_listens()
    {
        _box.Start("cron", new ProgramParameters(Every: SimTime.FromSeconds(2), Hold: SimTime.FromMilliseconds(200)));
        var sshd = _box.Start("sshd", new ProgramParameters(Every: SimTime.FromSeconds(2)));
        _box.Run(20);

        Assert.True(_box.IsAlive(sshd));
        Assert.True(_box.Services.Count() > 3);
    }

    private Process Started(ProgramParameters parameters)
    {
        var daemon = _box.Start("journald", parameters);
        _box.RunUntil(() => daemon.Request.Kind == RequestKind.Poll);
        return daemon;
    }

    /// <summary>Waits until what making the files has dirtied is on the disk.</summary>
    private void Quieten() => _box.RunUntil(() => _box.DirtyPages == 0, seconds: 120, step: 1);

    /// <summary>Sends lines, each as soon as there is room in the socket's queue.</summary>
    private void Send(int lines, uint bytes, int priority = 6)
    {
        for (var line = 0; line < lines; line++)
        {
            _box.RunUntil(() => _box.Machine.Sockets.TryInject(Socket, bytes | ((ulong)(uint)priority << 32), bytes), seconds: 5, step: 0.001);
            _box.Run(0.001);
        }
    }
}
