// Goal: every building block of the catalogue can be copied at any moment and goes on alike, and gives up on an error.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.BuildingBlocks;

namespace VboxMem.Workloads.Tests;

public sealed class ProgramCatalogTests
{
    private static readonly ProgramParameters _parameters = new(
        SizeBytes: 3 << 20, PartBytes: 1 << 20, BytesPerSecond: 1 << 20, Passes: 2, Pause: SimTime.FromSeconds(1), Hold: SimTime.FromSeconds(1),
        Path: "/mnt/x", Count: 3);

    public static TheoryData<string> Names =>
        new(ProgramCatalog.Names.Where(static name => Programs.Make(name, _parameters) is BuildingBlock));

    [Theory, MemberData(nameof(Names))]
    public void A_copy_made_at_any_moment_goes_on_as_the_original_does(string name)
    {
        var whole = Programs.Script(name, _parameters).Run().Requests;
        for (var done = 0; done <= whole.Count; done++)
        {
            var program = Programs.Make(name, _parameters);
            var kernel = new ScriptedKernel(program);
            kernel.Run(done);
            var copy = program.Clone();

            Assert.NotSame(program, copy);
            Assert.Equal(Programs.HashOf(program), Programs.HashOf(copy));
            var last = new Reply(0, SimTime.FromSeconds(500), 7, Shared: kernel.Shared);
            var lastOfCopy = last with { Shared = kernel.Shared?.Clone() };
            for (var more = 0; more < 4; more++)
            {
                var request = program.Next(last);
                Assert.Equal(HashOf(request), HashOf(copy.Next(lastOfCopy)));
                Assert.Equal(Programs.HashOf(program), Programs.HashOf(copy));
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_step_changes_the_hash(string name)
    {
        var program = Programs.Make(name, _parameters);
        var hashes = new HashSet<ulong> { Programs.HashOf(program) };
        var kernel = new ScriptedKernel(program);
        var steps = Programs.Script(name, _parameters).Run().Requests.Count;
        for (var step = 1; step < steps; step++)
        {
            kernel.Run(1);
            hashes.Add(Programs.HashOf(program));
        }

        // Waiting for another child, or for a page of the heap, is the same state again.
        Assert.InRange(hashes.Count, (steps / 2) + 1, steps);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_error_ends_the_program_with_1(string name)
    {
        var kinds = Programs.Script(name, _parameters).Run().Kinds
            .Where(static kind => kind is not (RequestKind.Exit or RequestKind.Sleep or RequestKind.SleepUntil)).Distinct().ToArray();
        Assert.All(kinds, kind =>
        {
            var kernel = Programs.Script(name, _parameters);
            kernel.Refusals[(kind, 0)] = SystemCallError.Io;
            Assert.Equal(new Request(RequestKind.Exit, 1), kernel.Run().Requests[^1]);
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void A_process_is_called_after_its_group_and_shares_the_one_executable(string name)
    {
        var image = Programs.Make(name, _parameters).Image;
        Assert.Equal(("test", "/usr/local/bin/workload"), (image.Comm, image.Path));
    }

    [Fact]
    public void Sleep_does_nothing_but_hold() =>
        Assert.Equal([RequestKind.Sleep, RequestKind.Exit], Programs.Script("sleep", _parameters).Run().Kinds);

    [Fact]
    public void An_unknown_program_is_refused() =>
        Assert.Throws<ArgumentException>(static () => Programs.Make("tuch", _parameters));

    private static ulong HashOf(Request request)
    {
        var hash = new StateHash();
        request.HashInto(hash);
        return hash.Value;
    }
}
