using System.Runtime.InteropServices;

namespace VboxMem.Cli.Screen;

/// <summary>The calls of the C library that a terminal takes on Linux.</summary>
internal static partial class LibC
{
    public const int StandardInput = 0;
    public const int StandardOutput = 1;
    public const int DrainAndSet = 1;   // TCSADRAIN
    public const ulong GetWindowSize = 0x5413;   // TIOCGWINSZ
    public const short PollIn = 1;
    public const int Sigstop = 19;
    public const int Eintr = 4;
    public const int Eagain = 11;

    [LibraryImport("libc", EntryPoint = "isatty")]
    public static partial int IsTerminal(int file);

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    public static partial int GetModes(int file, out TerminalModes modes);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    public static partial int SetModes(int file, int when, in TerminalModes modes);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    public static partial int ReadSize(int file, ulong request, out WindowSize size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static unsafe partial int Poll(PollFile* files, ulong count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(int file, byte* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint Write(int file, byte* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "pipe")]
    public static unsafe partial int Pipe(int* ends);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    /// <summary>struct termios of Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct TerminalModes
    {
        public uint Input, Output, Control, Local;
        public byte Line;
        public fixed byte Characters[32];
        public uint InputSpeed, OutputSpeed;
    }

    /// <summary>struct winsize.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct WindowSize
    {
        public ushort Rows, Columns, Width, Height;
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollFile
    {
        public int File;
        public short Asked, Came;
    }
}
