// Becoming another program: the other threads of the process end; a new address space is made whole and takes the place of the old
// one, which is taken down in steps; then starting the program touches its first pages, and protects what it has relocated.
//
//   Progress: Phase 0 nothing has happened yet, 1 the old memory (Extra: its id) goes, at Position, 2 first pages, Position the
//             number of the next one, counted image by image: what is read, then what is written.
//             Done 1: the program has its stream of chance.
//
// Models   Linux 6.12 fs/exec.c: begin_new_exec, exec_mmap (facts: virtual memory, 3.6).
// Departs  a program's file is made if it does not exist; descriptors stay open; the new address space is there before the old one
//          goes, not after.

using System.Text;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>Becoming another program: a new address space with the image's segments, heap, libraries, vdso and stack.</summary>
internal sealed class Exec(Machine machine)
{
    private const int Build = 0;
    private const int Drop = 1;
    private const int Start = 2;

    private readonly ImageMapping _mapping = new(machine);

    /// <summary>Request.Program is what runs then; its Image says what is mapped. A task without memory (a new one) may call it.</summary>
    public StepResult Step(Process task, out long answer)
    {
        answer = 0;
        ref var progress = ref task.Progress;
        if (progress.Phase == Build)
        {
            if (ThreadGroupExec.StepAlone(machine, task) != StepResult.Done)
            {
                return StepResult.Wait;
            }

            if (progress.Done == 0)
            {
                progress.Done = 1;   // once, however often the rest is done again
                task.Chance = machine.Streams.Next(machine.Configuration.Seed, task.Request.Program!.Image.Comm);
            }

            if (!TryBuild(task))
            {
                answer = SystemCalls.Answer(SystemCallError.NoMemory);
                return StepResult.Done;
            }

            progress.Phase = Drop;
        }

        if (progress.Phase == Drop)
        {
            if (progress.Extra != 0 && !machine.Memory.StepTearDown(machine.Memory[(int)progress.Extra], ref progress.Position))
            {
                return StepResult.Continue;
            }

            progress.Phase = Start;
            progress.Position = 0;
        }

        var image = task.Request.Program!.Image;
        var result = StepStart(task, image, ref progress.Position);
        if (result == StepResult.Done)
        {
            _mapping.Protect(machine.Memory[task.MemoryId], image);
        }

        return result;
    }

    /// <summary>The task dies in the middle of it: the old memory goes at once, the new one when the task exits.</summary>
    public void Cancel(Process task)
    {
        ThreadGroupExec.Cancel(task);
        if (task.Progress.Phase == Drop && task.Progress.Extra != 0)
        {
            machine.Memory.TearDownAtOnce(machine.Memory[(int)task.Progress.Extra]);
        }
    }

    private bool TryBuild(Process task)
    {
        var program = task.Request.Program!;
        if (!machine.Memory.TryCreate(task.Pid, out var mm))
        {
            return false;
        }

        if (!_mapping.TryMap(task, mm, program.Image))
        {
            machine.Memory.TearDownAtOnce(mm);
            return false;
        }

        task.Allocation.Reset(machine.Allocator);
        if (machine.Memory.TryGet(task.MemoryId, out var old))
        {
            old.Users = 0;
        }

        task.Progress.Extra = (ulong)task.MemoryId;
        task.MemoryId = mm.Id;
        task.Program = program;
        task.Group.Shared = program.MakeShared();
        task.ClearChildTid = 0;
        task.Executable = task.Request.Path ?? program.Image.Path;
        task.Name = program.Image.CommOf(task.Executable);
        task.CommandLine = program.CommandLine;
        PlaceArguments(mm, task.Executable, task.CommandLine);
        task.Flags &= ~ProcessFlags.ForkedWithoutExec;
        return true;
    }

    /// <summary>At the top of the stack: arguments, the file's name, eight zero bytes; below them what the loader is told.</summary>
    private static void PlaceArguments(MemoryDescriptor mm, string file, string commandLine)
    {
        const ulong endMark = 8;
        const ulong loaderBytes = 0x200;
        const ulong stackAlignment = 16;
        var end = UserSpace.AddressOf(mm.Find(UserSpace.PageOf(mm.StartStack))!.EndPage);
        mm.ArgumentEnd = end - endMark - (ulong)Encoding.UTF8.GetByteCount(file) - 1;
        mm.ArgumentStart = mm.ArgumentEnd - (ulong)Encoding.UTF8.GetByteCount(commandLine);
        mm.StartStack = Math.Min(mm.StartStack, (mm.ArgumentStart - loaderBytes) / stackAlignment * stackAlignment);
    }

    private StepResult StepStart(Process task, ProgramImage image, ref ulong position)
    {
        var mm = machine.Memory[task.MemoryId];
        while (TryFindPage(mm, image, position, out var page, out var isWrite))
        {
            if (IsThere(mm, page, isWrite))
            {
                position++;
                continue;
            }

            switch (machine.Faults.Handle(task, mm, page, isWrite, writesZeros: false))
            {
                case FaultResult.Wait:
                    return StepResult.Wait;
                case FaultResult.SegmentationFault or FaultResult.BusError:
                    SignalDelivery.Send(machine.Scheduler, task, Signal.Kill);
                    return StepResult.Continue;
                default:
                    task.Allocation.Reset(machine.Allocator);
                    break;
            }

            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }
        }

        return StepResult.Done;
    }

    /// <summary>The page that starting the program touches as its nth.</summary>
    private static bool TryFindPage(MemoryDescriptor mm, ProgramImage image, ulong number, out ulong page, out bool isWrite)
    {
        for (var i = 0; i <= image.Libraries.Count; i++)
        {
            var segments = new ImageSegments(ImageMapping.ImageAt(image, i));
            var (read, written) = (segments.StartedPages, segments.DirtiedPages);
            if (number >= read + written)
            {
                number -= read + written;
                continue;
            }

            isWrite = number >= read;
            var first = mm.ById(ImageMapping.FirstAreaOf(image, i))!.StartPage;
            page = first + (isWrite ? segments.CodePages + number - read : number);
            return true;
        }

        isWrite = true;
        return TryFindOwnPage(mm, image, number, out page);
    }

    /// <summary>Of the heap, from its start, and of the stack, from its end.</summary>
    private static bool TryFindOwnPage(MemoryDescriptor mm, ProgramImage image, ulong number, out ulong page)
    {
        var heap = Math.Min(UserSpace.PagesFor(image.HeapDirtiedBytes), UserSpace.PagesFor(image.HeapBytes));
        if (number < heap)
        {
            page = UserSpace.PageOf(mm.StartBrk) + number;
            return true;
        }

        number -= heap;
        page = mm.Find(UserSpace.PageOf(mm.StartStack))!.EndPage - 1 - number;
        var stack = UserSpace.PagesFor(image.StackDirtiedBytes) + new ImageSegments(image).SpilledPages;
        return number < Math.Min(stack, UserSpace.StackPages);
    }

    private bool IsThere(MemoryDescriptor mm, ulong page, bool isWrite)
    {
        var tables = machine.Memory.Tables;
        var pmd = tables.FindPmdTable(mm, page);
        if (pmd == Pfn.None)
        {
            return false;
        }

        var entry = tables.Entries(pmd)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (PageTables.Next(entry) is var table && table != Pfn.None)
        {
            entry = tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
        }

        return entry.IsPresent && (!isWrite || entry.Has(EntryBits.Writable));
    }
}
