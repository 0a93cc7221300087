using VboxMem.Kernel.Time;

namespace VboxMem.Session.History;

/// <summary>A copy of a session's box as it was at a moment.</summary>
/// <param name="Box">The copy; never run.</param>
/// <param name="Acts">How many acts of the line had been done to it.</param>
/// <param name="HostBytes">What it costs the host.</param>
/// <param name="Trace">Its fingerprint.</param>
internal sealed record Checkpoint(Box Box, int Acts, long HostBytes, ulong Trace)
{
    public SimTime At { get; } = Box.Machine.Now;

    /// <summary>Copies the box of the present.</summary>
    public static Checkpoint Of(Box present, int acts)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var copy = present.Clone();
        var managed = GC.GetAllocatedBytesForCurrentThread() - before;
        return new Checkpoint(copy, acts, managed + copy.Machine.UnmanagedBytes, present.ComputeTraceHash());
    }
}
