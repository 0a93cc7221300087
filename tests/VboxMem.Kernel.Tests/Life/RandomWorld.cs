using System.Text;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Life;

/// <summary>
/// A machine full of random programs, and an administrator who now and then turns a knob, drops the caches or kills somebody. A
/// new program takes the place of each that has died. One seed decides everything.
/// </summary>
internal sealed class RandomWorld(RandomMachineKind kind, ulong seed) : IDisposable
{
    private static readonly (string Name, string[] Values)[] _settings =
    [
        ("swappiness", ["0", "1", "60", "100", "200"]),
        ("min_free_kbytes", ["512", "1024", "4096"]),
        ("watermark_scale_factor", ["10", "100", "1000"]),
        ("watermark_boost_factor", ["0", "15000"]),
        ("dirty_ratio", ["1", "5", "20"]),
        ("dirty_background_ratio", ["1", "10"]),
        ("dirty_bytes", ["8192", "1048576", "33554432"]),
        ("dirty_background_bytes", ["4096", "524288"]),
        ("dirty_expire_centisecs", ["1", "100", "3000"]),
        ("dirty_writeback_centisecs", ["0", "10", "500"]),
        ("vfs_cache_pressure", ["0", "100", "1000"]),
        ("page-cluster", ["0", "3", "5"]),
        ("overcommit_memory", ["0", "1", "1", "2"]),
        ("lowmem_reserve_ratio", ["256 256 32 0 0", "1"]),
        ("percpu_pagelist_high_fraction", ["0", "8"]),
        ("oom_kill_allocating_task", ["0", "0", "1"]),
        ("oom_dump_tasks", ["0", "1"]),
        ("drop_caches", ["1", "2", "3"]),
        ("drop_caches", ["1", "2", "3"]),
    ];

    private static readonly Signal[] _signals = [Signal.Kill, Signal.Kill, Signal.Terminate, Signal.User1];
    private readonly int _programs = kind == RandomMachineKind.TwoNodes ? 8 : 4 + (int)(seed % 5);
    private readonly bool _isThreaded = kind == RandomMachineKind.ManyThreads || seed % 2 == 0;
    private Prng _chance = new(seed, kind.ToString());

    public Machine Machine { get; } = RandomMachines.Boot(kind, seed);

    public void Dispose() => Machine.Dispose();

    /// <summary>Lets a few milliseconds pass, sometimes after an act from outside.</summary>
    public void Step() => Machine.RunUntil(Act());

    /// <summary>What happens at the beginning of a step, and when the step ends.</summary>
    public SimTime Act()
    {
        KeepAlive();
        switch (Below(12))
        {
            case 0:
                var (name, values) = _settings[(int)Below((ulong)_settings.Length)];
                Machine.Sysctls.Write(name, Encoding.ASCII.GetBytes(values[(int)Below((ulong)values.Length)]));
                break;
            case 1 when Below(4) == 0:
                Machine.Kill(Machine.Processes.Tasks[(int)Below((ulong)Machine.Processes.Count)].Pid, _signals[(int)Below((ulong)_signals.Length)]);
                break;
            case 2 when Below(8) == 0:
                for (var area = 0; area < Machine.Configuration.Swaps.Count; area++)
                {
                    Machine.Swap.TrySwapOn(Machine.Configuration.Swaps[area].Disk, Machine.Configuration.Swaps[area].Priority);
                }

                break;
            default:
                break;
        }

        return new SimTime(Machine.Now.Nanoseconds + 1_000_000 + Below(40_000_000));
    }

    public void Run(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    private ulong Below(ulong bound) => _chance.NextBelow(bound);

    private void KeepAlive()
    {
        var living = 0;
        foreach (var task in Machine.Processes.Tasks)
        {
            living += task.Program is RandomProgram && task.State != TaskState.Zombie ? 1 : 0;
        }

        for (; living < _programs; living++)
        {
            Machine.Spawn(new RandomProgram(new Prng(_chance.NextUInt64(), "program"), depth: 0, kind == RandomMachineKind.FiveLevels, _isThreaded), uid: (uint)Below(2) * 1000);
        }
    }
}
