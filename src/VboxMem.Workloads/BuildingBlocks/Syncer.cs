using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>sync(1): writes all dirty data and waits for it.</summary>
internal sealed class Syncer(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    protected override Request Advance(in Reply last) => Stage++ == 0 ? new Request(RequestKind.Sync) : Exit();
}
