// What a program is told of an access that cannot be: SIGSEGV with a line in the log, SIGBUS.
//
// Models   Linux 6.12 arch/x86/mm/fault.c: __bad_area_nosemaphore, show_signal_msg, do_sigbus; X86_PF_* bits.
// Departs  where a simulated program is (ip, sp) is nowhere in particular: the line shows the start of its code and of its stack.

using VboxMem.Kernel.Log;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class FaultSignals(Machine machine)
{
    private const uint Protection = 1;
    private const uint Write = 2;
    private const uint User = 4;

    public void Send(Process task, MemoryDescriptor mm, FaultResult result, ulong page, bool isWrite, ulong address)
    {
        if (result == FaultResult.BusError)
        {
            SignalDelivery.Force(machine.Scheduler, task, Signal.Bus);
            return;
        }

        if ((task.Program?.HandledSignals & (1UL << (int)Signal.SegmentationFault)) is not > 0)
        {
            Print(task, mm, page, isWrite, address);
        }

        SignalDelivery.Force(machine.Scheduler, task, Signal.SegmentationFault);
    }

    private void Print(Process task, MemoryDescriptor mm, ulong page, bool isWrite, ulong address)
    {
        var code = mm.StartCode;
        var file = task.Executable[(task.Executable.LastIndexOf('/') + 1)..];
        SegfaultMapping? mapping = mm.Find(UserSpace.PageOf(code)) is { Inode: not 0 } area
            ? new SegfaultMapping(
                file, UserSpace.AddressOf(area.IndexOf(UserSpace.PageOf(code))), UserSpace.AddressOf(area.StartPage),
                UserSpace.AddressOf(area.Pages))
            : null;
        var cpu = machine.Cpus.Current;
        var error = User | (isWrite ? Write : 0) | (IsPresent(mm, page) ? Protection : 0);
        var facts = new SegfaultFacts(
            task.Name, task.Pid, address, code, mm.StartStack, error, mapping, new CpuPlace(cpu, cpu, 0));
        MemoryMessages.PrintSegfault(machine.Log, new LogClock((long)machine.Cpus.Now.Nanoseconds), ref machine.LogLimits.Shared, facts);
    }

    private bool IsPresent(MemoryDescriptor mm, ulong page)
    {
        var tables = machine.Memory.Tables;
        var pmdTable = tables.FindPmdTable(mm, page);
        if (pmdTable == Physical.Pfn.None)
        {
            return false;
        }

        var pmd = tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (HugeMapping.IsHuge(pmd))
        {
            return true;
        }

        var table = PageTables.Next(pmd);
        var entry = table == Physical.Pfn.None ? default : tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
        return entry.IsPresent || entry.Has(EntryBits.Global);
    }
}
