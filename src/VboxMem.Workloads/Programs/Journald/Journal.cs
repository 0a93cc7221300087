using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs.Journald;

/// <summary>The journal as other programs see it: a socket that takes a line at a time.</summary>
internal static class Journal
{
    /// <summary>Where systemd-journald listens.</summary>
    public const string Socket = "/run/systemd/journal/socket";

    /// <summary>PRIORITY of an ordinary line (LOG_INFO), and the least urgent one that is on the disk at once (LOG_CRIT).</summary>
    public const int Information = 6;
    public const int Critical = 2;

    private const int PriorityShift = 32;

    /// <summary>A line. The answer is ECONNREFUSED while nobody listens: whoever logs lives with that.</summary>
    /// <param name="bytes">The message and its fields.</param>
    /// <param name="priority">0 (emergency) to 7 (debug).</param>
    public static Request Line(uint bytes, int priority = Information) =>
        new(RequestKind.SendTo, bytes | ((ulong)(uint)priority << PriorityShift), bytes, Path: Socket);

    /// <summary>An answer to <see cref="Line"/> that is no reason to end.</summary>
    public static bool IsLost(SystemCallError error) => error is SystemCallError.ConnectionRefused or SystemCallError.NoMemory;

    public static uint BytesOf(ulong word) => (uint)word;

    public static int PriorityOf(ulong word) => (int)(word >> PriorityShift);
}
