using VboxMem.Kernel.Time;

namespace VboxMem.Session.History;

/// <summary>Where a session went on from its past in another way.</summary>
/// <param name="Number">The line that began here, from 1.</param>
/// <param name="From">The line that was left; 0: the first.</param>
/// <param name="At">When.</param>
/// <param name="Left">How far the line that was left had come.</param>
public sealed record SessionFork(int Number, int From, SimTime At, SimTime Left);
