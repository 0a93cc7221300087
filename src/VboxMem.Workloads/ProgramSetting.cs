using VboxMem.Kernel.Time;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads;

/// <summary>What one process of a group is made from.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Instance">Which of the group's processes it is, from 0.</param>
/// <param name="Start">How often that process was started before.</param>
/// <param name="Scenario">The people and things of the box.</param>
public sealed record ProgramSetting(GroupConfiguration Group, int Instance, int Start, Scenario Scenario)
{
    private const int StartShift = 12;

    /// <summary>All groups of the box.</summary>
    public IReadOnlyList<GroupConfiguration> Groups { get; init; } = [];

    public string Name => Group.Name;

    public ProgramParameters Parameters => Group.Parameters;

    /// <summary>A stream of chance of its own: another process, or another start of this one, moves nothing in it.</summary>
    /// <param name="part">Which of the program's streams; a worker's is not its master's.</param>
    public Prng Random(string part = "") => new(Scenario.Seed, $"{Name}/{part}", ((uint)Start << StartShift) + (uint)Instance);
}
