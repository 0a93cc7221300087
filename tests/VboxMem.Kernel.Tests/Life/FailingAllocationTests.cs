// Goal: whichever page allocation of a short life fails, nothing is lost, nobody hangs, and what the kernel keeps is sound.
// Method: a parent, its thread and a child that exec, map, touch, fork, write and read files, unmap and exit; the n-th allocation
//         fails, for every n until there is none any more; a full audit after each.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Life;

public sealed class FailingAllocationTests
{
    private const int MostMilliseconds = 4000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_life_survives_the_failure_of_every_single_allocation(bool hasLa57)
    {
        var disk = new DiskConfiguration("vda", 1UL << 30, 200 << 20, 200 << 20, 50_000, 0, IsRotational: false);
        using var origin = Machine.Boot(AMachine.Of(72, cpus: 1) with
        {
            HasLa57 = hasLa57,
            Disks = [disk],
            Mounts = [new MountConfiguration("/", 0), new MountConfiguration("/tmp", -1)],
        });
        var failures = 0;
        for (var nth = 0UL; ; nth++)
        {
            using var machine = origin.Clone();
            machine.Allocator.FailInjection = new FailPageAlloc(nth, IsArmed: true);
            var task = machine.Spawn(new ScriptedProgram(Life(), exits: true));
            var isOver = () => !machine.Processes.Tasks.Any(static task => task.Program is ScriptedProgram || task.Request.Kind == RequestKind.Execute);
            for (var i = 0; i < MostMilliseconds && !isOver(); i++)
            {
                machine.RunUntil(machine.Now.Plus(SimTime.FromMilliseconds(1)));
            }

            Assert.True(isOver(), $"allocation {nth}: task {task?.Pid} is still at {task?.Request.Kind}");
            Audit.Check(machine);
            Assert.Empty(machine.Memory.All);
            if (machine.Allocator.FailInjection.IsArmed)
            {
                break;
            }

            failures++;
        }

        Assert.True(failures > 90, $"only {failures} allocations could fail");
    }

    private static ScriptLine[] Life() =>
    [
        Script.Map(24), Script.Write(0, 0, 24),
        Script.Open("/file", 100_000), Script.ReadFile(2, 60_000), Script.Open("/new"), Script.WriteFile(4, 40_000),
        Script.Open("/tmp/new"), Script.WriteFile(6, 20_000), Script.Seek(6, 0), Script.ReadFile(6, 20_000),
        Script.Fork(new ScriptedProgram([Script.Map(8), Script.Write(0, 0, 8)], exits: true)), Script.Write(0, 0, 8), Script.Wait(),
        Script.Thread(new ScriptedProgram([Script.Map(8), Script.Write(0, 0, 8), Script.ExitThread()])), Script.Write(0, 0, 8),
        Script.Do(RequestKind.Fsync, of: 4), Script.Unmap(0, 4, 10),
    ];
}
