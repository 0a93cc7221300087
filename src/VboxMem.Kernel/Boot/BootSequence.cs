// From power-on to the moment before the first program runs, in the order Linux does it as far as memory is concerned.
//
//   memory map -> zones and free lists -> limits from what is managed now -> threads, slabs, drivers
//   -> late-freed memory (limits stay as they are) -> sysctl settings
//
// Models   Linux 6.12 start_kernel and its initcalls (facts: physical memory, 1 and 2).

using System.Numerics;
using System.Text;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Boot;

internal static class BootSequence
{
    private const string InitName = "systemd";
    private const int KernelThreadParent = 2;

    public static Machine Run(MachineConfiguration configuration)
    {
        var machine = new Machine(MachineLayout.Create(configuration));
        var isBooted = false;
        try
        {
            Run(machine);
            isBooted = true;
            return machine;
        }
        finally
        {
            if (!isBooted)
            {
                machine.Dispose();
            }
        }
    }

    private static void Run(Machine machine)
    {
        FreeBootMemory(machine);
        machine.Limits.SetPerCpuLimits();
        var pages = (ulong)MemoryInfo.Of(machine).TotalPages;
        machine.ThpSettings = new TransparentHugePages(pages);
        machine.ThpSettings.SetUpFrom(machine.Configuration.CommandLine, pages);
        machine.Limits.SetUpAtBoot(machine.ThpSettings.IsKhugepagedEnabled);

        var freePages = MemoryInfo.Of(machine).FreePages;
        var managedPages = (ulong)MemoryInfo.Of(machine).TotalPages;
        machine.Tunables.UserReserveKilobytes = (ulong)Overcommit.UserReserveAtBootKilobytes(freePages);
        machine.Tunables.AdminReserveKilobytes = (ulong)Overcommit.AdminReserveAtBootKilobytes(freePages);

        machine.Allocator.InterleavesNodes = true;
        CreateThreads(machine);
        machine.BootAllocations = BootAllocator.Run(
            machine.Allocator, machine.Slabs, machine.Vmalloc, machine.Cpus, machine.Layout, managedPages);
        machine.Allocator.InterleavesNodes = false;
        FreeLateMemory(machine);
        ApplySettings(machine);

        var facts = BootFactsOf(machine, freePages, managedPages);
        var end = new SimTime((ulong)BootMessages.Print(machine.Log, facts));
        Invariant.Holds(!machine.Timeline.TryAdvance(end, out _));
        machine.CpuTimes.AccountUntil(cpu: 0, CpuTimeKind.System, end);
        machine.Scheduler.AccountIdle(end);
        machine.Dirty.SetUpAtBoot();
        machine.Processes.MaxThreads = TaskLimits.MaxThreads(machine);
        machine.StartTimers();
        foreach (var swap in machine.Configuration.Swaps)
        {
            if (!machine.Swap.TrySwapOn(swap.Disk, swap.Priority))
            {
                throw new MachineLayoutException($"swap: disk {swap.Disk} cannot be used");
            }
        }
    }

    /// <summary>Gives all RAM that boot did not take to the free lists, in blocks as large as alignment allows, ascending.</summary>
    private static void FreeBootMemory(Machine machine)
    {
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (!zone.IsPopulated)
                {
                    continue;
                }

                foreach (var range in machine.Layout.Memory.FreeRanges(new PfnRange(zone.Extent.Start, zone.Extent.End)))
                {
                    FreeRange(zone, range);
                    zone.ManagedPages += range.Pages;
                    machine.Events.Count(VmEvent.PgFree, range.Pages);
                }
            }
        }
    }

    private static void FreeRange(Zone zone, PfnRange range)
    {
        for (var pfn = range.Start; pfn < range.End;)
        {
            var order = Math.Min(PageGeometry.MaxOrder, BitOperations.TrailingZeroCount(pfn.Index));
            while (pfn.Plus(1u << order) > range.End)
            {
                order--;
            }

            zone.Buddy.AddAtBoot(pfn, order);
            pfn = pfn.Plus(1u << order);
        }
    }

    private static void CreateThreads(Machine machine)
    {
        Create(machine, InitName, parentPid: 0, TaskState.Sleeping);
        Create(machine, "kthreadd", parentPid: 0, TaskState.Sleeping).Flags = ProcessFlags.KernelThread;
        foreach (var name in KernelThreads.Names(machine.Cpus.Count, machine.Nodes.Length, machine.Disks.Disks.Length))
        {
            var traits = KernelThreadTraits.Of(name);
            var thread = Create(machine, name, KernelThreadParent, traits.State);
            thread.Flags = ProcessFlags.KernelThread;
            thread.Nice = traits.Nice;
            thread.Affinity = CpuAffinity.Of(traits, machine.Cpus);
            thread.Cpu = thread.Affinity.FirstOf(machine.Cpus);
            (thread.Body, thread.BodyOperand, var wait) = KernelThreads.BodyOf(name);
            if (thread.Body != KernelThreadBody.None)
            {
                machine.Scheduler.Park(thread, wait);
            }
        }
    }

    private static Process Create(Machine machine, string name, int parentPid, TaskState state)
    {
        var task = machine.Processes.TryCreate(name, parentPid, state)
            ?? throw new BootFailedException($"RAM is too small: no memory for thread {name}");
        machine.Scheduler.CountRoundTrip();
        return task;
    }

    /// <summary>Frees initial RAM disk and init sections page by page. Limits computed before are not redone.</summary>
    private static void FreeLateMemory(Machine machine)
    {
        foreach (var range in machine.Layout.Memory.Reserved)
        {
            if (!range.IsFreedLate)
            {
                continue;
            }

            for (var pfn = range.Frames.Start; pfn < range.Frames.End; pfn = pfn.Plus(1))
            {
                machine.Frames.Touch(pfn);
                machine.Frames[pfn].SetHead(FrameOwner.Kernel, 0);
                machine.Allocator.ZoneOf(pfn).ManagedPages++;
                machine.Allocator.Free(pfn);
            }
        }
    }

    private static void ApplySettings(Machine machine)
    {
        foreach (var (name, value) in machine.Configuration.VmSettings)
        {
            if (machine.Sysctls.Write(name, Encoding.UTF8.GetBytes(value)) != SysctlResult.Done)
            {
                throw new MachineLayoutException($"vm.{name}: the kernel refuses {value}");
            }
        }
    }

    private static BootFacts BootFactsOf(Machine machine, long freePages, ulong managedPages) =>
        BootFactsBuilder.Build(machine.Layout, machine.Nodes, machine.BootAllocations, freePages, managedPages);
}
