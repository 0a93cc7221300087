// Goal: a backup reads every byte of its files at its speed, writes two fifths of that if it is to write, and begins again.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Programs;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests;

public sealed class BackupTests
{
    private const ulong Mebibyte = Programs.Mebibyte;

    private static readonly ProgramParameters _parameters =
        new(Path: "/srv/files", SizeBytes: 8 * Mebibyte, BytesPerSecond: 4 * Mebibyte, IsWrite: true, Pause: SimTime.FromSeconds(7));

    [Fact]
    public void It_reads_every_file_whole_at_its_speed_and_ends()
    {
        var kernel = Whole(_parameters with { IsWrite = false });
        var opened = kernel.Of(RequestKind.Open).ToArray();

        Assert.Equal(8 * Mebibyte, opened.Aggregate(0UL, static (sum, open) => sum + open.B));
        Assert.Equal(opened.Length, opened.Select(static open => open.Path).Distinct().Count());
        Assert.All(opened, static open => Assert.StartsWith("/srv/files/", open.Path, StringComparison.Ordinal));
        Assert.Equal(new Request(RequestKind.Exit), kernel.Requests[^1]);
        Assert.InRange(kernel.Times[^1], 1_900_000_000UL, 2_000_000_000UL);
        Assert.Empty(kernel.Of(RequestKind.Write));
    }

    [Fact]
    public void It_writes_two_fifths_of_what_it_reads_and_syncs_it()
    {
        var kernel = Whole(_parameters);
        var archive = kernel.Of(RequestKind.Open).First();
        Assert.Equal(((ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Truncate), "/var/backups/test.tar.zst"), (archive.A, archive.Path));
        var written = kernel.Of(RequestKind.Write).Aggregate(0UL, static (sum, write) => sum + write.B);
        Assert.InRange(written, (8 * Mebibyte * 40 / 100) - 1000, 8 * Mebibyte * 40 / 100);
        Assert.Equal([RequestKind.Write, RequestKind.Fsync, RequestKind.Close, RequestKind.Exit], kernel.Kinds.TakeLast(4));
    }

    [Fact]
    public void It_rests_between_two_passes()
    {
        var kernel = Whole(_parameters with { Passes = 3 });
        Assert.Equal([7_000_000_000UL, 7_000_000_000UL], kernel.Of(RequestKind.Sleep).Select(static sleep => sleep.A));
        Assert.Equal(3, kernel.Of(RequestKind.Open).Count(static open => open.Path == "/var/backups/test.tar.zst"));
    }

    [Fact]
    public void It_tells_the_cache_of_each_file_if_asked_to()
    {
        var kernel = Whole(_parameters with { IsWrite = false, IsDroppedBehind = true });
        Assert.Equal(kernel.Of(RequestKind.Open).Count(), kernel.Of(RequestKind.Fadvise).Count());
        Assert.All(kernel.Of(RequestKind.Fadvise), static advice => Assert.Equal((ulong)FileAdvice.DontNeed, advice.D));
        Assert.Empty(Whole(_parameters).Of(RequestKind.Fadvise));
    }

    [Fact]
    public void Of_the_web_site_it_reads_the_files_that_nginx_serves()
    {
        var setting = Programs.Setting("nginx", new ProgramParameters(SizeBytes: 8 * Mebibyte));
        var site = NginxShared.For(setting).Site;
        var opened = Whole(_parameters with { IsWrite = false, Path = "/var/www/html" }).Of(RequestKind.Open).ToArray();
        Assert.Equal(Enumerable.Range(0, site.FileCount).Select(file => (site.PathOf(file), site.BytesOf(file))), opened.Select(static open => (open.Path!, open.B)));
    }

    [Theory]
    [InlineData(RequestKind.Open)]
    [InlineData(RequestKind.Read)]
    [InlineData(RequestKind.Write)]
    [InlineData(RequestKind.Mmap)]
    [InlineData(RequestKind.Fsync)]
    public void An_error_ends_it_with_1(RequestKind refused)
    {
        var kernel = Script(_parameters);
        kernel.Kernel.Refusals[(refused, 0)] = SystemCallError.NoMemory;
        kernel.Kernel.FileBytes = 4096;
        Assert.Equal(new Request(RequestKind.Exit, 1), kernel.Kernel.Run(5000).Requests[^1]);
    }

    [Fact]
    public void On_a_machine_the_files_come_from_the_disk_and_stay_in_the_cache()
    {
        using var box = new ServiceBox();
        var task = box.Start("backup", _parameters with { Passes = 0, SizeBytes = 32 * Mebibyte, BytesPerSecond = 16 * Mebibyte, Pause = SimTime.FromSeconds(1) });
        box.RunFor(1_000);
        using var copy = box.Clone();
        box.RunFor(6_000);
        copy.RunFor(6_000);

        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        Assert.InRange(task.ReadBytes, 32 * Mebibyte, 36 * Mebibyte);   // the files once, and what the program itself is made of
        Assert.InRange(task.ReadCharacters, 75 * Mebibyte, 100 * Mebibyte);
        Assert.InRange(task.WrittenCharacters, 30 * Mebibyte, 40 * Mebibyte);
    }

    private static (ScriptedKernel Kernel, FileSet Files) Script(ProgramParameters parameters)
    {
        var setting = Programs.Setting("backup", parameters);
        var mix = NginxShared.IsSite(parameters.Path) ? setting.Scenario.Site : setting.Scenario.Documents;
        return (new ScriptedKernel(new Backup(setting)), new FileSet(parameters.Path, mix, parameters.SizeBytes));
    }

    /// <summary>A run to the program's end; each file ends where it should.</summary>
    private static ScriptedKernel Whole(ProgramParameters parameters)
    {
        var (kernel, files) = Script(parameters);
        for (var guard = 0; guard < 100_000; guard++)
        {
            kernel.Run(1);
            var last = kernel.Requests[^1];
            if (last.Kind == RequestKind.Exit)
            {
                return kernel;
            }

            if (last.Kind == RequestKind.Open)
            {
                kernel.FileBytes = last.B;
            }
        }

        throw new InvalidOperationException($"it does not end with its {files.FileCount} files");
    }
}
