// Goal: a memory call that runs out of memory half-way fails or goes on, and leaves every count right.
// Method: one short life of two processes, in which the nth allocation fails, for each n; audits in between and at the end.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class FailedAllocationTests
{
    private const ulong Page = AProcess.Page;
    private const ulong Mebibyte = AProcess.Mebibyte;
    private const int Allocations = 70;

    [Fact]
    public void Whichever_allocation_fails_nothing_is_lost()
    {
        for (var nth = 0; nth < Allocations; nth++)
        {
            using var machine = AMachine.Booted(96);
            machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), nth % 2 == 0 ? "always"u8 : "never"u8);
            var process = AProcess.On(machine);
            machine.Allocator.FailInjection = new FailPageAlloc((ulong)nth, IsArmed: true);
            Live(machine, process);
            process.Exit();
            Assert.Empty(machine.Memory.All);
            Assert.Equal(0, machine.Memory.CommittedPages);
            Audit.Check(machine);
        }
    }

    private static void Live(Machine machine, AProcess process)
    {
        var start = process.Map(4 * Mebibyte);
        if (start < 0)
        {
            return;
        }

        var address = (ulong)start;
        process.Touch(address, 3 * Page);
        process.Touch(address + (2 * Mebibyte), 3 * Page);
        process.Protect(address + Page, Page, MapFlags.Read);
        Audit.Check(machine);
        process.Ask(new Request(RequestKind.Mremap, address + (2 * Mebibyte), Mebibyte, Mebibyte, 0x6000_0000_1000));
        Audit.Check(machine);
        var child = process.Fork(out _);
        Audit.Check(machine);
        child?.Touch(address + (2 * Page), Page);
        process.Lock(address + (3 * Page), 20 * Page);
        process.Advise(address, Mebibyte, Advice.Free);
        process.Map(8 * Page, MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.Populate, address + (4 * Page));
        Audit.Check(machine);
        child?.Exit();
    }
}
