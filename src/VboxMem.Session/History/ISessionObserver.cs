using VboxMem.Kernel.Time;

namespace VboxMem.Session.History;

/// <summary>
/// Looks at a session as it goes on, each moment once: going back and walking again over what has been shows an observer nothing new, as it
/// is the same to the last bit. What it has noted after the present stays true as long as the line is not left.
/// </summary>
public interface ISessionObserver : IRunObserver
{
    /// <summary>The present is another moment now, back or forth, than time alone would have made it.</summary>
    /// <param name="now">The present. What was noted after it is still to come.</param>
    void Moved(SimTime now);

    /// <summary>The session goes another way from here: what was noted after this moment has not happened. Its next look is after it.</summary>
    /// <param name="at">The present, where the lines part.</param>
    void Forked(SimTime at);
}
