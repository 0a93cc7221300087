using VboxMem.Kernel.Time;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary>Adds the box's files to its dump every so often, from the start of the run on.</summary>
internal sealed class RunSampler(Box box, RunDirectory dump, SimTime every) : IRunObserver
{
    private readonly SimTime _start = box.Machine.Now;
    private SimTime _next = box.Machine.Now;

    public SimTime? NextLook => _next;

    public void Look()
    {
        dump.AddSample(box, new SimTime(box.Machine.Now.Nanoseconds - _start.Nanoseconds));
        _next = _next.Plus(every);
    }
}
