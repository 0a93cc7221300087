using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Does nothing but be there.</summary>
internal sealed class Sleeper(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    protected override Request Advance(in Reply last) => Stage++ == 0 ? Hold() : Exit();
}
