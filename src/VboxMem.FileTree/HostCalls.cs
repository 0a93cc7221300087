using System.Runtime.InteropServices;

namespace VboxMem.FileTree;

/// <summary>The system calls that <see cref="HostFiles"/> and its neighbours make. Each fails with a negative result and sets the last P/Invoke error.</summary>
internal static unsafe class HostCalls
{
    internal const int AtCurrentDirectory = -100;
    internal const int AtEmptyPath = 0x1000;
    internal const int AtSymlinkNoFollow = 0x100;
    internal const uint StatxBasicStats = 0x7ff;

    internal const int OpenNonBlocking = 0x800;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int OpenPath = 0x200000;

    internal const int ErrnoInterrupted = 4;
    internal const int ErrnoNoSuchCall = 38;

    /// <summary>O_NOFOLLOW is one of the few numbers that differ from one architecture to the next.</summary>
    internal static int OpenNoFollow { get; } =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>openat2: the number that all architectures have it by; the C library has no function for it.</summary>
    internal const nint OpenAt2 = 437;

    internal const ulong ResolveInRoot = 0x10;

    /// <summary>struct statx: the same layout on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(20)] public uint UserId;
        [FieldOffset(24)] public uint GroupId;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    /// <summary>struct open_how.</summary>
    internal struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

#pragma warning disable SYSLIB1054, CA5392, CA2101 // blittable arguments need no generated marshalling; libc is found by the loader
    [DllImport("libc", SetLastError = true)]
    internal static extern int statx(int directory, byte* path, int flags, uint mask, Statx* buffer);

    [DllImport("libc", SetLastError = true)]
    internal static extern nint readlink(byte* path, byte* buffer, nuint size);

    [DllImport("libc", SetLastError = true)]
    internal static extern int open(byte* path, int flags);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static extern nint openat2(nint number, nint directory, byte* path, OpenHow* how, nint size);

    [DllImport("libc", SetLastError = true)]
    internal static extern nint read(int descriptor, byte* buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    internal static extern nint pread(int descriptor, byte* buffer, nuint count, long offset);

    [DllImport("libc")]
    internal static extern int close(int descriptor);
#pragma warning restore SYSLIB1054, CA5392, CA2101
}
