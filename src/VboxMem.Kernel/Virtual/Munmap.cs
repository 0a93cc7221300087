using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>munmap, in steps: Phase 1 once the areas are cut, Position the page to go on at.</summary>
/// <remarks>mm/vma.c: do_vmi_munmap.</remarks>
internal sealed class Munmap(Machine machine, Unmapping unmapping)
{
    public StepResult Step(Process task, out long answer)
    {
        answer = 0;
        var mm = machine.Memory[task.MemoryId];
        var (address, length) = (task.Request.A, task.Request.B);
        if (!UserSpace.IsPageAligned(address) || length == 0 || address > mm.End || length > mm.End - address)
        {
            answer = SystemCalls.Answer(SystemCallError.Invalid);
            return StepResult.Done;
        }

        var start = UserSpace.PageOf(address);
        var end = start + UserSpace.PagesFor(length);
        ref var progress = ref task.Progress;
        if (progress.Phase == 0)
        {
            if (!unmapping.TryPrepare(mm, start, end))
            {
                answer = SystemCalls.Answer(SystemCallError.NoMemory);
                return StepResult.Done;
            }

            progress.Phase = 1;
            progress.Position = start;
        }

        if (!unmapping.Zap(mm, ref progress.Position, end))
        {
            return StepResult.Continue;
        }

        unmapping.Finish(mm, start, end);
        return StepResult.Done;
    }
}
