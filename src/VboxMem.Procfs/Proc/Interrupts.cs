using VboxMem.Kernel;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/interrupts</c> and <c>/proc/softirqs</c>: a column a CPU.</summary>
/// <remarks>
/// kernel/irq/proc.c: show_interrupts; arch/x86/kernel/irq.c: arch_show_interrupts; fs/proc/softirqs.c. The disks are the virtio devices
/// behind the console's, each with a queue for each CPU, as on the captured machines (virtio1 at 00:03.0 is vda). Departs: what is not
/// simulated has no row: timer chip, keyboard, serial line, clock, ACPI; rescheduling, function call and TLB interrupts, IRQ work, polls for
/// machine checks; softirqs of the network, tasklets, balancing and RCU. Rows that always are 0 on such a machine stand.
/// </remarks>
internal static class Interrupts
{
    private const int CountWidth = 10;
    private const int NameWidth = 3;
    private const int SoftirqNameWidth = 12;

    /// <summary>The console has virtio0, and slot 2.</summary>
    private const long FirstVirtio = 1;
    private const ulong FirstSlot = 3;

    public static void Render(Machine machine, ProcText text)
    {
        RenderHeader(machine, NameWidth + 8, text);
        foreach (var disk in machine.Disks.Disks)
        {
            RenderDisk(machine, disk, text);
        }

        RenderZeros(machine, "NMI", "Non-maskable interrupts", text);
        text.Literal("LOC:"u8);
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            text.Literal(" "u8).Number(machine.TimerInterruptsOf(cpu), CountWidth);
        }

        text.Literal("   Local timer interrupts\n"u8);
        RenderZeros(machine, "SPU", "Spurious interrupts", text);
        RenderZeros(machine, "PMI", "Performance monitoring interrupts", text);
        RenderZeros(machine, "RTR", "APIC ICR read retries", text);
        RenderZeros(machine, "TRM", "Thermal event interrupts", text);
        RenderZeros(machine, "THR", "Threshold APIC interrupts", text);
        RenderZeros(machine, "DFR", "Deferred Error APIC interrupts", text);
        RenderZeros(machine, "MCE", "Machine check exceptions", text);
        text.Literal("ERR:          0\nMIS:          0\n"u8);
        RenderZeros(machine, "PIN", "Posted-interrupt notification event", text);
        RenderZeros(machine, "NPI", "Nested posted-interrupt event", text);
        RenderZeros(machine, "PIW", "Posted-interrupt wakeup event", text);
    }

    /// <summary>
    /// A timer interrupt raises the timer softirq. A disk's requests are done in the interrupt itself, since it comes to the CPU that
    /// submitted them: none raises the block softirq.
    /// </summary>
    public static void RenderSoftirqs(Machine machine, ProcText text)
    {
        RenderHeader(machine, 20, text);
        RenderSoftirq(machine, "HI", static (_, _) => 0, text);
        RenderSoftirq(machine, "TIMER", static (machine, cpu) => machine.TimerInterruptsOf(cpu), text);
        RenderSoftirq(machine, "BLOCK", static (_, _) => 0, text);
        RenderSoftirq(machine, "IRQ_POLL", static (_, _) => 0, text);
        RenderSoftirq(machine, "HRTIMER", static (_, _) => 0, text);
    }

    private static void RenderHeader(Machine machine, int indent, ProcText text)
    {
        text.Blanks(indent);
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            var start = text.Length;
            text.Literal("CPU"u8).Number((long)cpu).Blanks(11 - (text.Length - start));
        }

        text.NewLine();
    }

    private static void RenderDisk(Machine machine, Disk disk, ProcText text)
    {
        var cpus = machine.Cpus.Count;
        for (var vector = 0; vector <= cpus; vector++)
        {
            text.Number((long)InterruptLines.OfDisk(disk.Index, cpus) + vector, NameWidth).Literal(":"u8);
            for (var cpu = 0; cpu < cpus; cpu++)
            {
                text.Literal(" "u8).Number(cpu == vector - 1 ? disk.Interrupts[cpu] : 0UL, CountWidth);
            }

            text.Literal("  PCI-MSIX-0000:00:"u8).Hexadecimal(FirstSlot + (ulong)disk.Index, 2).Literal(".0 "u8);
            text.Number((long)vector, NameWidth).Literal("-edge      virtio"u8).Number(FirstVirtio + disk.Index);
            if (vector == 0)
            {
                text.Literal("-config\n"u8);
            }
            else
            {
                text.Literal("-req."u8).Number((long)vector - 1).NewLine();
            }
        }
    }

    private static void RenderZeros(Machine machine, string name, string meaning, ProcText text)
    {
        text.Text(name).Literal(":"u8);
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            text.Literal(" "u8).Number(0L, CountWidth);
        }

        text.Literal("   "u8).Text(meaning).NewLine();
    }

    private static void RenderSoftirq(Machine machine, string name, Func<Machine, int, ulong> count, ProcText text)
    {
        text.TextRight(name, SoftirqNameWidth).Literal(":"u8);
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            text.Literal(" "u8).Number(count(machine, cpu), CountWidth);
        }

        text.NewLine();
    }
}
