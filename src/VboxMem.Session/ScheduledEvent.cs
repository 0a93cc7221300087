using VboxMem.Kernel.Time;
using VboxMem.Workloads;

namespace VboxMem.Session;

/// <summary>An event of the timeline that is still to come.</summary>
/// <param name="At">When; of an event that waits for a group, when it would be if the group had ended at the start.</param>
/// <param name="Order">Its place in the profile.</param>
/// <param name="Event">What.</param>
internal readonly record struct ScheduledEvent(SimTime At, int Order, TimelineEvent Event)
{
    public bool ComesBefore(ScheduledEvent other) => At < other.At || (At == other.At && Order < other.Order);
}
