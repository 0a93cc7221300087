// Interrupts by CPU against the machine's own counts, /proc/stat and diskstats; the bytes against what Linux prints.

using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class InterruptsTests
{
    [Fact]
    public void A_fresh_box_of_one_cpu_without_disks_prints_timer_interrupts_and_rows_of_zeros()
    {
        using var box = Box.With(cpus: 1);

        Assert.Equal(
            """
                       CPU0       
            NMI:          0   Non-maskable interrupts
            LOC:          0   Local timer interrupts
            SPU:          0   Spurious interrupts
            PMI:          0   Performance monitoring interrupts
            RTR:          0   APIC ICR read retries
            TRM:          0   Thermal event interrupts
            THR:          0   Threshold APIC interrupts
            DFR:          0   Deferred Error APIC interrupts
            MCE:          0   Machine check exceptions
            ERR:          0
            MIS:          0
            PIN:          0   Posted-interrupt notification event
            NPI:          0   Nested posted-interrupt event
            PIW:          0   Posted-interrupt wakeup event

            """,
            box.Read("/proc/interrupts"));
        Assert.Equal(
            """
                                CPU0       
                      HI:          0
                   TIMER:          0
                   BLOCK:          0
                IRQ_POLL:          0
                 HRTIMER:          0

            """,
            box.Read("/proc/softirqs"));
    }

    [Fact]
    public void Timer_interrupts_of_the_cpus_add_up_and_raise_a_softirq_each()
    {
        using var box = Box.With(cpus: 4);
        box.Machine.Spawn(new Requests([]));
        box.Run(20_000);
        var timer = Row(box.Read("/proc/interrupts"), "LOC:");
        ulong[] counted = [.. Enumerable.Range(0, 4).Select(box.Machine.TimerInterruptsOf)];

        Assert.Equal(counted, timer);
        Assert.Equal(box.Machine.TimerInterrupts, timer.Aggregate(static (sum, count) => sum + count));
        Assert.All(timer, static count => Assert.True(count > 0));
        Assert.Equal(timer, Row(box.Read("/proc/softirqs"), "TIMER:"));
        Assert.Equal((long)box.Machine.TimerInterrupts, box.Line("/proc/stat", "softirq")[0]);
    }

    [Fact]
    public void Each_request_of_a_disk_is_an_interrupt_of_the_cpu_that_submitted_it()
    {
        using var box = Box.WithDisks();
        box.Start("write", new(Path: "/var/data", SizeBytes: 64 << 20, BytesPerSecond: 20 << 20, IsSynced: true));
        box.Start("read", new(Path: "/srv/data", SizeBytes: 64 << 20, BytesPerSecond: 20 << 20));
        box.Run(20_000);
        var text = box.Read("/proc/interrupts");
        var (first, second) = (Row(text, " 25:"), Row(text, " 26:"));
        var disk = Figures.Numbers(box.Read("/proc/diskstats").Split('\n')[0].Split("vda")[1]);

        Assert.Equal((0UL, 0UL), (first[1], second[0]));   // each vector belongs to one CPU
        Assert.True(first[0] > 0 && second[1] > 0, text);
        Assert.Equal((ulong)(disk[0] + disk[4]), first[0] + second[1]);
        Assert.Contains(" 24:          0          0  PCI-MSIX-0000:00:03.0   0-edge      virtio1-config\n", text, StringComparison.Ordinal);
        Assert.Contains("  PCI-MSIX-0000:00:04.0   2-edge      virtio2-req.1\n", text, StringComparison.Ordinal);
        var all = box.Line("/proc/stat", "intr");
        Assert.Equal((long)(first[0] + second[1]), all[1 + 25] + all[1 + 26]);
    }

    private static ulong[] Row(string text, string name)
    {
        var line = text.Split('\n').Single(line => line.TrimStart().StartsWith(name.TrimStart(), StringComparison.Ordinal));
        return [.. line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).TakeWhile(static word => char.IsAsciiDigit(word[0])).Select(ulong.Parse)];
    }
}
