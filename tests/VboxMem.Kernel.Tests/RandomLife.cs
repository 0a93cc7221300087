using System.Text;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests;

/// <summary>A random but repeatable life of a machine: pages, tasks, huge pages and tunables come and go while time passes.</summary>
internal sealed class RandomLife
{
    private static readonly GfpFlags[] _kinds =
    [
        GfpFlags.HighUserMovable, GfpFlags.Kernel, GfpFlags.Kernel | GfpFlags.Reclaimable, GfpFlags.Atomic, GfpFlags.Kernel | GfpFlags.Dma32,
    ];

    private static readonly (string Name, string[] Values)[] _tunings =
    [
        ("min_free_kbytes", ["1024", "4096", "8192"]),
        ("watermark_scale_factor", ["10", "100", "300"]),
        ("watermark_boost_factor", ["0", "15000"]),
        ("lowmem_reserve_ratio", ["256 256 32 0 0", "64 64 16", "1"]),
        ("percpu_pagelist_high_fraction", ["0", "8", "100"]),
        ("numa_stat", ["0", "1"]),
        ("stat_interval", ["1", "3"]),
        ("stat_refresh", ["1"]),
        ("dirty_bytes", ["8192", "1048576"]),
        ("dirty_ratio", ["5", "20"]),
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
        switch (Below(13))
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
            case 11:
                Tune();
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

    private void Tune()
    {
        var (name, values) = _tunings[(int)Below((ulong)_tunings.Length)];
        var value = values[(int)Below((ulong)values.Length)];
        Assert.Equal(SysctlResult.Done, _machine.Sysctls.Write(name, Encoding.ASCII.GetBytes(value)));
    }

    private ulong Below(ulong bound) => _random.NextBelow(bound);
}
