using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Maps memory and locks it (mlock), which brings all of it in; then holds it.</summary>
internal sealed class LockMemory(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const int Map = 0;
    private const int Mapped = 1;
    private const int Locked = 2;

    protected override Request Advance(in Reply last)
    {
        switch (Stage++)
        {
            case Map:
                return new Request(RequestKind.Mmap, Parameters.SizeBytes, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous));
            case Mapped:
                return new Request(RequestKind.Mlock, (ulong)last.Value, Parameters.SizeBytes);
            case Locked:
                return Hold();
            default:
                return Exit();
        }
    }
}
