using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests;

/// <summary>A random but repeatable life of a machine: pages, tasks, huge pages and tunables come and go while time passes.</summary>
internal sealed class RandomLife
{
    private static readonly GfpFlags[] _kinds =
    [
        GfpFlags.HighUserMovable, GfpFlags.Kernel, GfpFlags.Kernel | GfpFlags.Reclaimable, GfpFlags.Atomic, GfpFlags.Kernel | GfpFlags.Dma32,
    ];

    private readonly Machine _machine;
    private readonly List<Pfn> _held;
    private Prng _random;

    public RandomLife(Machine machine, ulong seed)
        : this(machine, new Prng(seed, "life"), [])
    {
    }

    private RandomLife(Machine machine, Prng random, List<Pfn> held)
    {
        _machine = machine;
        _random = random;
        _held = held;
    }

    /// <summary>Blocks this life holds, for the audit.</summary>
    public IReadOnlyCollection<Pfn> Held => _held;

    /// <summary>The same life, going on on a copy of the machine.</summary>
    public RandomLife MoveTo(Machine copy) => new(copy, _random, [.. _held]);

    public void Step(int times)
    {
        for (var i = 0; i < times; i++)
        {
            Step();
        }
    }

    public void FreeEverything()
    {
        foreach (var block in _held)
        {
            _machine.Allocator.Free(block);
        }

        _held.Clear();
    }

    private void Step()
    {
        _machine.Cpus.SwitchTo((int)Below((ulong)_machine.Cpus.Count));
        switch (Below(12))
        {
            case < 5:
                Allocate();
                break;
            case < 9 when _held.Count > 0:
                FreeOne();
                break;
            case 9:
                Fork();
                break;
            case 10:
                _machine.HugePages.Resize(Below(6));
                break;
            default:
                _machine.RunUntil(_machine.Now.Plus(SimTime.FromMilliseconds(Below(900))));
                break;
        }
    }

    private void Allocate()
    {
        var gfp = _kinds[(int)Below((ulong)_kinds.Length)];
        var order = (int)Below(4) == 0 ? (int)Below(PageGeometry.OrderCount) : (int)Below(3);
        for (var count = 1 + Below(60); count > 0; count--)
        {
            if (!_machine.Allocator.TryAllocate(gfp, order, gfp == GfpFlags.HighUserMovable ? FrameOwner.Anonymous : FrameOwner.Kernel, out var block))
            {
                return;
            }

            _held.Add(block);
        }
    }

    private void FreeOne()
    {
        for (var count = 1 + Below(50); count > 0 && _held.Count > 0; count--)
        {
            var index = (int)Below((ulong)_held.Count);
            _machine.Allocator.Free(_held[index]);
            _held[index] = _held[^1];
            _held.RemoveAt(_held.Count - 1);
        }
    }

    private void Fork()
    {
        var tasks = _machine.Processes;
        if (tasks.Count > 70 && Below(2) == 0)
        {
            tasks.Reap(tasks.Tasks[^1]);
        }
        else
        {
            tasks.TryCreate("child", parentPid: 1, TaskState.Sleeping);
        }
    }

    private ulong Below(ulong bound) => _random.NextBelow(bound);
}
