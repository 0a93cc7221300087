using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs;

/// <summary>A program that somebody at a console starts, and whose end they wait for.</summary>
public abstract class SpawnedCommand : UserProgram
{
    /// <summary>What it is called.</summary>
    public abstract string Name { get; }

    /// <summary>It has done what it was asked, or failed, and only exits yet.</summary>
    public abstract bool IsAnswered { get; }

    /// <summary>What it exits with, once it is answered.</summary>
    public abstract int ExitStatus { get; }
}
