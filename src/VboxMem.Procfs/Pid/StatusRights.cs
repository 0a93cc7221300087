using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>The lines of <c>/proc/PID/status</c> from CapInh to Mems_allowed_list.</summary>
/// <remarks>
/// fs/proc/array.c: task_cap, task_seccomp, task_cpus_allowed. root has all capabilities, others have none: that is what setuid leaves.
/// The lines on speculation are a processor's without such flaws or remedies, as captured.
/// </remarks>
internal static class StatusRights
{
    private const ulong AllCapabilities = 0x1ff_ffff_ffff;
    private const int MaskDigits = 16;
    private const int BitsPerGroup = 32;
    private const int BitsPerDigit = 4;
    private const int MostNodes = 1024;

    public static void Render(in Subject subject, ProcText text)
    {
        var capabilities = subject.Task.Uid == 0 ? AllCapabilities : 0;
        text.Literal("CapInh:\t0000000000000000\nCapPrm:\t"u8).Hexadecimal(capabilities, MaskDigits);
        text.Literal("\nCapEff:\t"u8).Hexadecimal(capabilities, MaskDigits);
        text.Literal("\nCapBnd:\t"u8).Hexadecimal(AllCapabilities, MaskDigits);
        text.Literal("\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n"u8);
        text.Literal("Speculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\talways enabled\n"u8);
        RenderCpus(subject, text);
        RenderNodes(subject.Machine, text);
    }

    private static void RenderCpus(in Subject subject, ProcText text)
    {
        var machine = subject.Machine;
        var allowed = new bool[machine.Cpus.Count];
        for (var cpu = 0; cpu < allowed.Length; cpu++)
        {
            allowed[cpu] = MayRunOn(machine, subject.Task, cpu);
        }

        text.Literal("Cpus_allowed:\t"u8);
        RenderMask(allowed, allowed.Length, text);
        text.Literal("\nCpus_allowed_list:\t"u8);
        RenderList(allowed, text);
        text.NewLine();
    }

    private static void RenderNodes(Machine machine, ProcText text)
    {
        var allowed = new bool[machine.Nodes.Length];
        Array.Fill(allowed, true);
        text.Literal("Mems_allowed:\t"u8);
        RenderMask(allowed, MostNodes, text);
        text.Literal("\nMems_allowed_list:\t"u8);
        RenderList(allowed, text);
        text.NewLine();
    }

    /// <summary>Programs run everywhere; of the kernel's threads some are bound to a CPU or to a node that has CPUs.</summary>
    private static bool MayRunOn(Machine machine, Process task, int cpu)
    {
        if (!task.IsKernelThread)
        {
            return true;
        }

        var traits = KernelThreadTraits.Of(task.Name);
        return traits.Cpu >= 0 ? traits.Cpu == cpu
            : traits.Node < 0 || machine.Cpus.NodeOf(cpu) == traits.Node || !HasCpus(machine, traits.Node);
    }

    private static bool HasCpus(Machine machine, int node)
    {
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            if (machine.Cpus.NodeOf(cpu) == node)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Groups of 32 bits, the highest first and only as wide as it needs to be (%*pb).</summary>
    private static void RenderMask(bool[] bits, int width, ProcText text)
    {
        for (var group = (width - 1) / BitsPerGroup; group >= 0; group--)
        {
            var value = 0UL;
            for (var bit = 0; bit < BitsPerGroup && (group * BitsPerGroup) + bit < bits.Length; bit++)
            {
                value |= bits[(group * BitsPerGroup) + bit] ? 1UL << bit : 0;
            }

            var groupBits = Math.Min(BitsPerGroup, width - (group * BitsPerGroup));
            text.Hexadecimal(value, (groupBits + BitsPerDigit - 1) / BitsPerDigit).Literal(group > 0 ? ","u8 : ""u8);
        }
    }

    /// <summary>Ranges (%*pbl): 0-3,5.</summary>
    private static void RenderList(bool[] bits, ProcText text)
    {
        var isFirst = true;
        for (var bit = 0; bit < bits.Length; bit++)
        {
            if (!bits[bit])
            {
                continue;
            }

            var end = bit;
            while (end + 1 < bits.Length && bits[end + 1])
            {
                end++;
            }

            text.Literal(isFirst ? ""u8 : ","u8).Number((long)bit);
            if (end > bit)
            {
                text.Literal("-"u8).Number((long)end);
            }

            isFirst = false;
            bit = end;
        }
    }
}
