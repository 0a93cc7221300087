namespace VboxMem.Kernel.Sched;

/// <summary>The signals the box knows, by number.</summary>
public enum Signal
{
    None = 0,
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Abort = 6,
    Bus = 7,
    Kill = 9,
    User1 = 10,
    SegmentationFault = 11,
    User2 = 12,
    Pipe = 13,
    Alarm = 14,
    Terminate = 15,
    Child = 17,
    Continue = 18,
    Urgent = 23,
    WindowChange = 28,
}
