// Goal: each service lives on a real machine: audits are clean, a copy of the box goes on alike, one seed gives one future and another
//       seed another, children are reaped, and memory that is refused now and then breaks nothing.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Tests.Services;

public sealed class ServiceLifeTests
{
    private const ulong Mebibyte = ServiceBox.Mebibyte;

    private static readonly Dictionary<string, ProgramParameters> _parameters = new()
    {
        ["postgres"] = new(
            SizeBytes: 16 * Mebibyte, WorkingSetBytes: 24 * Mebibyte, Workers: 3, RequestsPerSecond: 60, Every: SimTime.FromSeconds(3)),
        ["redis"] = new(
            SizeBytes: 16 * Mebibyte, WorkingSetBytes: 4 * Mebibyte, Connections: 5, RequestsPerSecond: 300, Every: SimTime.FromSeconds(2)),
        ["jvm"] = new(SizeBytes: 48 * Mebibyte, WorkingSetBytes: 12 * Mebibyte, BytesPerSecond: 16 * Mebibyte, JitterPercent: 20),
        ["sshd"] = new(Every: SimTime.FromSeconds(1), Pause: SimTime.FromMilliseconds(500), Hold: SimTime.FromSeconds(3)),
        ["cron"] = new(SizeBytes: 4 * Mebibyte, Every: SimTime.FromSeconds(2), Hold: SimTime.FromSeconds(1)),
        ["journald"] = new(Every: SimTime.FromSeconds(2)),
    };

    public static TheoryData<string> Names => new(_parameters.Keys);

    [Theory, MemberData(nameof(Names))]
    public void A_copy_of_the_box_goes_on_as_the_original_does(string program)
    {
        using var box = Started(program);
        foreach (var step in (double[])[0.02, 0.3, 1.7, 4])
        {
            box.Run(step);
            using var copy = box.Clone();
            Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
            box.Run(2);
            copy.Run(2);
            Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_copy_leaves_the_original_alone(string program)
    {
        using var box = Started(program);
        using var undisturbed = Started(program);
        foreach (var step in (double[])[0.5, 2.5])
        {
            box.Run(step);
            undisturbed.Run(step);
            using (var copy = box.Clone())
            {
                copy.Run(4);
            }

            Assert.Equal(undisturbed.Machine.ComputeStateHash(), box.Machine.ComputeStateHash());
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Another_seed_gives_another_life(string program)
    {
        using var box = Started(program);
        using var other = Started(program, seed: 2);
        box.Run(8);
        other.Run(8);
        Assert.NotEqual(Figures(box), Figures(other));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_life_passes_its_audits_and_leaves_no_zombies(string program)
    {
        using var box = Started(program);
        for (var second = 0; second < 12; second++)
        {
            box.Run(1);
            box.Audit();
            Assert.All(box.Zombies, zombie => Assert.True(box.Machine.Now.Nanoseconds - zombie.StartTime.Nanoseconds < 12_000_000_000));
            Assert.InRange(box.Zombies.Count(), 0, 1);   // one that has just died
        }

        Assert.NotEmpty(box.Services);
    }

    /// <summary>Whatever allocation fails, the kernel's books are right afterwards, and nothing hangs for good.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Allocations_that_fail_break_nothing(string program)
    {
        using var origin = Started(program);
        origin.Run(2.5);
        for (var nth = 0UL; nth < 400; nth += 37)
        {
            using var box = origin.Clone();
            box.Machine.Allocator.FailInjection = new FailPageAlloc(nth, IsArmed: true);
            box.Run(4);
            box.Audit();
            Assert.InRange(box.Zombies.Count(), 0, 1);
        }
    }

    /// <summary>A profile may leave everything out, or ask for next to nothing.</summary>
    [Theory, MemberData(nameof(Names))]
    public void It_lives_with_no_parameters_and_with_the_smallest(string program)
    {
        var smallest = new ProgramParameters(
            SizeBytes: 1, PartBytes: 1, ChunkBytes: 1, BytesPerSecond: 1, WorkingSetBytes: 1, RequestsPerSecond: 1, Workers: 1, Connections: 1,
            JitterPercent: 1, Every: SimTime.Zero, Hold: SimTime.Zero);
        foreach (var parameters in (ProgramParameters[])[new ProgramParameters(), smallest])
        {
            using var box = new ServiceBox();
            var service = box.Start(program, parameters);
            box.Run(2);
            Assert.True(box.IsAlive(service));
            box.Audit();
        }
    }

    /// <summary>Every field that changes while a program runs is in its hash: a different value gives a different one.</summary>
    [Theory, MemberData(nameof(Names))]
    public void All_that_a_program_remembers_is_in_its_hash(string program)
    {
        using var box = Started(program);
        var seen = new HashSet<Type>();
        for (var look = 0; look < 400; look++)
        {
            box.Run(0.02);
            foreach (var task in box.Services.Where(static task => task.Program is not null))
            {
                if (seen.Add(task.Program!.GetType()))
                {
                    Assert.All(ProgramState.FieldsLeftOut(task.Program), static field => Assert.Fail(field));
                }
            }
        }

        Assert.NotEmpty(seen);
    }

    private static ServiceBox Started(string program, ulong seed = 1)
    {
        var box = new ServiceBox(seed: seed);
        var uid = program is "postgres" ? 102u : 0;
        box.Start(program, _parameters[program], uid: uid);
        if (program == "journald")
        {
            box.Start("cron", _parameters["cron"], name: "cron");
            box.Start("sshd", _parameters["sshd"], name: "sshd");
        }

        return box;
    }

    private static (ulong, ulong, ulong) Figures(ServiceBox box)
    {
        var (user, system, faults) = (0UL, 0UL, 0UL);
        foreach (var task in box.Machine.Processes.Tasks)
        {
            user += task.UserNanoseconds + task.Group.ChildUserNanoseconds;
            system += task.SystemNanoseconds + task.Group.ChildSystemNanoseconds;
            faults += task.MinorFaults + task.Group.ChildMinorFaults;
        }

        return (user, system, faults);
    }
}
