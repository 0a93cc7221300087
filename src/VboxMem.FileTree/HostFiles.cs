// The host's own files, by the Linux system calls that answer with an errno.
//
// The base library reports most failures as one kind of exception, hides owner and mode, and waits for the other end of a FIFO; so these few
// calls go to the C library directly. Files are opened non-blocking: /dev/kmsg ends where its records end, and a FIFO without a writer is
// empty.
//
// Units   bytes.
// Departs a name that is not valid UTF-8 cannot be reached.

using System.Runtime.InteropServices;
using System.Text;

namespace VboxMem.FileTree;

internal static unsafe class HostFiles
{
    private const int OpenReadOnly = HostCalls.OpenNonBlocking | HostCalls.OpenCloseOnExec;

    /// <summary>What the mode's type bits say.</summary>
    internal enum FileType
    {
        Fifo = 0x1000,
        CharacterDevice = 0x2000,
        Directory = 0x4000,
        BlockDevice = 0x6000,
        Regular = 0x8000,
        SymbolicLink = 0xa000,
        Socket = 0xc000,
    }

    internal readonly record struct HostStat(FileType Type, int Permissions, uint UserId, uint GroupId, ulong Size, FileIdentity Identity);

    /// <summary>What tells a file from all others as long as it is there.</summary>
    internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode);

    internal static Errno TryStat(string path, bool followLink, out HostStat stat)
    {
        fixed (byte* name = new HostPath(path, stackalloc byte[HostPath.StackBytes]))
        {
            return TryStat(HostCalls.AtCurrentDirectory, name, followLink ? 0 : HostCalls.AtSymlinkNoFollow, out stat);
        }
    }

    /// <summary>Describes what a descriptor stands for.</summary>
    internal static Errno TryStat(int descriptor, out HostStat stat)
    {
        byte empty = 0;
        return TryStat(descriptor, &empty, HostCalls.AtEmptyPath, out stat);
    }

    internal static Errno TryReadLink(string path, out string target)
    {
        var buffer = stackalloc byte[4096];
        nint length;
        fixed (byte* name = new HostPath(path, stackalloc byte[HostPath.StackBytes]))
        {
            length = HostCalls.readlink(name, buffer, 4096);
        }

        if (length < 0)
        {
            target = "";
            return LastErrno();
        }

        target = Encoding.UTF8.GetString(buffer, (int)length);
        return Errno.None;
    }

    /// <summary>Opens a file for reading; the caller closes it.</summary>
    internal static Errno TryOpen(string path, out int descriptor)
    {
        fixed (byte* name = new HostPath(path, stackalloc byte[HostPath.StackBytes]))
        {
            descriptor = HostCalls.open(name, OpenReadOnly);
        }

        return descriptor < 0 ? LastErrno() : Errno.None;
    }

    /// <summary>Opens a directory to find others from it; what is read of it needs no permission but to pass through.</summary>
    internal static Errno TryOpenPath(string path, out int descriptor)
    {
        fixed (byte* name = new HostPath(path, stackalloc byte[HostPath.StackBytes]))
        {
            descriptor = HostCalls.open(name, HostCalls.OpenPath | HostCalls.OpenCloseOnExec);
        }

        return descriptor < 0 ? LastErrno() : Errno.None;
    }

    /// <summary>Opens a file as if a directory were "/": neither ".." nor a link leads out of it.</summary>
    /// <param name="root">The directory's descriptor.</param>
    /// <param name="path">The path inside.</param>
    /// <param name="isReading">For reading; else only to describe what is there, a link itself.</param>
    /// <param name="descriptor">The open file; the caller closes it.</param>
    /// <param name="isKnown">False: this kernel has no such call, or does not allow it.</param>
    internal static Errno TryOpenInRoot(int root, string path, bool isReading, out int descriptor, out bool isKnown)
    {
        var how = new HostCalls.OpenHow
        {
            Flags = (ulong)(isReading ? OpenReadOnly : HostCalls.OpenPath | HostCalls.OpenNoFollow | HostCalls.OpenCloseOnExec),
            Resolve = HostCalls.ResolveInRoot,
        };
        fixed (byte* name = new HostPath(path, stackalloc byte[HostPath.StackBytes]))
        {
            descriptor = (int)HostCalls.openat2(HostCalls.OpenAt2, root, name, &how, sizeof(HostCalls.OpenHow));
        }

        isKnown = true;
        if (descriptor >= 0) return Errno.None;
        var raw = Marshal.GetLastPInvokeError();
        isKnown = raw is not (HostCalls.ErrnoNoSuchCall or (int)Errno.EPERM);   // sandboxes that do not know the call forbid it
        return Known(raw);
    }

    internal static void Close(int descriptor) => _ = HostCalls.close(descriptor);

    internal static Errno LastErrno() => Known(Marshal.GetLastPInvokeError());

    internal static Errno Known(int raw) => Enum.IsDefined((Errno)raw) ? (Errno)raw : Errno.EIO;

    private static Errno TryStat(int directory, byte* name, int flags, out HostStat stat)
    {
        HostCalls.Statx raw = default;
        if (HostCalls.statx(directory, name, flags, HostCalls.StatxBasicStats, &raw) != 0)
        {
            stat = default;
            return LastErrno();
        }

        stat = new HostStat(
            (FileType)(raw.Mode & 0xf000), raw.Mode & 0xfff, raw.UserId, raw.GroupId, raw.Size,
            new FileIdentity(raw.DeviceMajor, raw.DeviceMinor, raw.Inode));
        return Errno.None;
    }
}
