// The two halves of a message's priority, with syslog's numbers.

namespace VboxMem.Kernel.Log;

/// <summary>How urgent a message of the kernel log is; smaller is worse.</summary>
public enum LogLevel : byte
{
    Emergency = 0,
    Alert = 1,
    Critical = 2,
    Error = 3,
    Warning = 4,
    Notice = 5,
    Info = 6,
    Debug = 7,
}

/// <summary>Who wrote a message: the syslog facility, 0..31. Only those that appear on a box by themselves are named.</summary>
public enum LogFacility : byte
{
    Kernel = 0,
    User = 1,
    Daemon = 3,
    Syslog = 5,
}
