// The host's own files, by the Linux system calls that answer with an errno.
//
// The base library reports most failures as one kind of exception, hides owner and mode, waits for the other end of
// a FIFO and trusts a file's size (0 for every file of procfs); so these few calls go to the C library directly.
// Files are opened non-blocking: /dev/kmsg ends where its records end, and a FIFO without a writer is empty.
//
// Units   bytes.
// Departs a name that is not valid UTF-8 cannot be reached.

using System.Runtime.InteropServices;
using System.Text;

namespace VboxMem.FileTree;

internal static unsafe class HostFiles
{
    private const int AtCurrentDirectory = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxBasicStats = 0x7ff;

    private const int OpenReadOnlyNonBlockingCloseOnExec = 0x800 | 0x80000;

    private const int ErrnoInterrupted = 4;

    private const int FirstBuffer = 16 * 1024;

    /// <summary>/dev/kmsg gives a record a read, of up to 8 KiB; one that does not fit is refused (EINVAL) and lost.</summary>
    private const int LongestRecord = 8 * 1024;

    /// <summary>A device never ends by itself (/dev/zero); this much of one is surely not a file of ours.</summary>
    private const int DeviceLimit = 64 << 20;

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

    internal readonly record struct HostStat(FileType Type, int Permissions, uint UserId, uint GroupId, ulong Size);

    internal static Errno TryStat(string path, bool followLink, out HostStat stat)
    {
        Statx raw = default;
        int failed;
        fixed (byte* name = PathBytes(path))
        {
            failed = statx(AtCurrentDirectory, name, followLink ? 0 : AtSymlinkNoFollow, StatxBasicStats, &raw);
        }

        if (failed != 0)
        {
            stat = default;
            return LastErrno();
        }

        stat = new HostStat((FileType)(raw.Mode & 0xf000), raw.Mode & 0xfff, raw.UserId, raw.GroupId, raw.Size);
        return Errno.None;
    }

    internal static Errno TryReadLink(string path, out string target)
    {
        var buffer = stackalloc byte[4096];
        nint length;
        fixed (byte* name = PathBytes(path))
        {
            length = readlink(name, buffer, 4096);
        }

        if (length < 0)
        {
            target = "";
            return LastErrno();
        }

        target = Encoding.UTF8.GetString(buffer, (int)length);
        return Errno.None;
    }

    /// <summary>Reads to the end; the size that stat gives is only a hint, so files of procfs come out whole.</summary>
    internal static Errno TryReadAll(string path, in HostStat stat, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (stat.Type == FileType.Regular && stat.Size > (ulong)Array.MaxLength) return Errno.EFBIG;

        int descriptor;
        fixed (byte* name = PathBytes(path))
        {
            descriptor = open(name, OpenReadOnlyNonBlockingCloseOnExec);
        }

        if (descriptor < 0) return LastErrno();
        try
        {
            var limit = stat.Type == FileType.Regular ? Array.MaxLength : DeviceLimit;
            var hint = stat.Type == FileType.Regular ? (int)stat.Size + 1 : FirstBuffer;
            var room = stat.Type == FileType.Regular ? 1 : LongestRecord;
            return ReadToEnd(descriptor, Math.Max(hint, FirstBuffer), room, limit, out content);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>Reads a part by pread(2), again and again until it is full or the file ends. What cannot be read at an offset (a FIFO) says why.</summary>
    internal static Errno TryReadAt(string path, long offset, int length, out ReadOnlyMemory<byte> content)
    {
        content = default;
        int descriptor;
        fixed (byte* name = PathBytes(path))
        {
            descriptor = open(name, OpenReadOnlyNonBlockingCloseOnExec);
        }

        if (descriptor < 0) return LastErrno();
        try
        {
            return FillFrom(descriptor, offset, length, out content);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>The buffer grows with what comes, not with what was asked for: a small file costs little.</summary>
    private static Errno FillFrom(int descriptor, long offset, int length, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var buffer = new byte[Math.Min(length, FirstBuffer)];
        var filled = 0;
        while (filled < length)
        {
            if (filled == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, length));
            nint got;
            fixed (byte* free = &buffer[filled])
            {
                got = pread(descriptor, free, (nuint)(buffer.Length - filled), offset + filled);
            }

            if (got > 0)
            {
                filled += (int)got;
                continue;
            }

            if (got < 0 && !EndsOrContinues(out var goOn, out var errno))
            {
                if (goOn) continue;
                return errno;
            }

            break;
        }

        content = buffer.AsMemory(0, filled);
        return Errno.None;
    }

    /// <param name="descriptor">The open file.</param>
    /// <param name="firstBuffer">Bytes to begin with.</param>
    /// <param name="room">Bytes to ask for at least, as long as <paramref name="limit"/> allows.</param>
    /// <param name="limit">Bytes at most; EFBIG beyond.</param>
    /// <param name="content">What was read.</param>
    private static Errno ReadToEnd(int descriptor, int firstBuffer, int room, int limit, out ReadOnlyMemory<byte> content)
    {
        var buffer = new byte[Math.Min(firstBuffer, limit)];
        var length = 0;
        content = default;
        while (true)
        {
            if (length == limit) return Errno.EFBIG;
            if (buffer.Length - length < room && buffer.Length < limit)
            {
                Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, limit));
            }

            nint got;
            fixed (byte* free = &buffer[length])
            {
                got = read(descriptor, free, (nuint)(buffer.Length - length));
            }

            if (got > 0)
            {
                length += (int)got;
                continue;
            }

            if (got < 0 && !EndsOrContinues(out var goOn, out var errno))
            {
                if (goOn) continue;
                return errno;
            }

            content = buffer.AsMemory(0, length);
            return Errno.None;
        }
    }

    /// <summary>True when a failed read means "nothing more now" (EAGAIN). Else <paramref name="goOn"/> says whether to
    /// read again: after a signal, or when /dev/kmsg has overwritten the record we stood at (EPIPE).</summary>
    private static bool EndsOrContinues(out bool goOn, out Errno errno)
    {
        var raw = Marshal.GetLastPInvokeError();
        goOn = raw is ErrnoInterrupted or (int)Errno.EPIPE;
        errno = Known(raw);
        return errno == Errno.EAGAIN;
    }

    private static Errno LastErrno() => Known(Marshal.GetLastPInvokeError());

    private static Errno Known(int raw) => Enum.IsDefined((Errno)raw) ? (Errno)raw : Errno.EIO;

    private static byte[] PathBytes(string path)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    /// <summary>struct statx: the same layout on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(20)] public uint UserId;
        [FieldOffset(24)] public uint GroupId;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(40)] public ulong Size;
    }

#pragma warning disable SYSLIB1054, CA5392, CA2101 // blittable arguments need no generated marshalling; libc is found by the loader
    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int directory, byte* path, int flags, uint mask, Statx* buffer);

    [DllImport("libc", SetLastError = true)]
    private static extern nint readlink(byte* path, byte* buffer, nuint size);

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte* path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint read(int descriptor, byte* buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    private static extern nint pread(int descriptor, byte* buffer, nuint count, long offset);

    [DllImport("libc")]
    private static extern int close(int descriptor);
#pragma warning restore SYSLIB1054, CA5392, CA2101
}
