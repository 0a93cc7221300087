// Goal: every service can be copied at any moment and goes on alike, and each of its steps is in its hash.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Malloc;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class ServiceTests
{
    private const int Steps = 400;

    private static readonly ProgramParameters _parameters = new(
        SizeBytes: 3 << 20, BytesPerSecond: 1 << 20, Passes: 0, Pause: SimTime.FromSeconds(1), Path: "/srv/x", Count: 3, IsWrite: true,
        IsSynced: true, RequestsPerSecond: 50, Workers: 2, Connections: 4, WorkingSetBytes: 1 << 20, JitterPercent: 20);

    public static TheoryData<string> Names => new("nginx", "worker", "leaky", "logwriter", "backup");

    [Theory, MemberData(nameof(Names))]
    public void A_copy_made_at_any_moment_goes_on_as_the_original_does(string name)
    {
        for (var done = 0; done < Steps; done += 7)
        {
            var program = Make(name);
            var first = new ScriptedKernel(program).Run(done);
            var copy = program.Clone();

            Assert.NotSame(program, copy);
            Assert.Equal(Programs.HashOf(program), Programs.HashOf(copy));
            var second = first.CopyFor(copy);
            var made = first.Requests.Count;
            var before = Programs.HashOf(copy);
            first.Run(40);
            Assert.Equal(before, Programs.HashOf(copy));   // it has not moved with the original
            second.Run(40);
            Assert.Equal(first.Requests.Skip(made).Select(HashOf), second.Requests.Select(HashOf));
            Assert.Equal(Programs.HashOf(program), Programs.HashOf(copy));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void The_same_setting_gives_the_same_another_name_or_start_gives_another(string name)
    {
        var first = new ScriptedKernel(Make(name)).Run(Steps).Requests.Select(HashOf).ToArray();
        Assert.Equal(first, new ScriptedKernel(Make(name)).Run(Steps).Requests.Select(HashOf));
        Assert.NotEqual(Programs.HashOf(Make(name)), Programs.HashOf(Make(name, "other")));
    }

    [Theory, MemberData(nameof(Names))]
    public void Nearly_every_step_changes_the_hash(string name)
    {
        var program = Make(name);
        var kernel = new ScriptedKernel(program);
        var hashes = new HashSet<ulong>();
        for (var step = 0; step < Steps; step++)
        {
            kernel.Run(1);
            hashes.Add(Programs.HashOf(program));
        }

        // A master that waits, a service that has answered and now polls, a heap that asks twice: the same state again.
        var different = name == "nginx" ? 15 : Steps * 75 / 100;
        Assert.InRange(hashes.Count, different, Steps);
    }

    private static UserProgram Make(string name, string group = "test")
    {
        if (name != "worker")
        {
            return ProgramCatalog.Create(Programs.Setting(name, _parameters, group));
        }

        var setting = Programs.Setting("nginx", _parameters, group);
        return new NginxWorker(setting, 0, NginxShared.For(setting), new GlibcHeap(), 3, 4, workers: 2);
    }

    private static ulong HashOf(Request request)
    {
        var hash = new StateHash();
        request.HashInto(hash);
        return hash.Value;
    }
}
