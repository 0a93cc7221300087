// What an open file of the host holds. A file's size is only a hint (0 for every file of procfs), so it is read until it ends.
//
// Most files are small: they are read into memory that each thread keeps, and only what there is of them is copied.
//
// Invariant
//   C1  A read that brings less than was asked for does not end a file: procfs hands out most of its files record by record. It does end
//       those that Linux writes as one record (IsOneRecord), of which there are many in every look at all processes.
//
// Units   bytes.

using System.Runtime.InteropServices;

namespace VboxMem.FileTree;

internal static unsafe class HostContent
{
    private const int KeptBytes = 64 * 1024;
    private const int FirstBuffer = 16 * 1024;

    /// <summary>/dev/kmsg gives a record a read, of up to 8 KiB; one that does not fit is refused (EINVAL) and lost.</summary>
    private const int LongestRecord = 8 * 1024;

    /// <summary>A device never ends by itself (/dev/zero); this much of one is surely not a file of ours.</summary>
    private const int DeviceLimit = 64 << 20;

    [ThreadStatic]
    private static byte[]? _kept;

    /// <summary>Whether Linux writes a file as one record (single_open of seq_file, or a plain copy): by its name, wherever it is.</summary>
    internal static bool IsOneRecord(ReadOnlySpan<char> path) => path[(path.LastIndexOf('/') + 1)..] is
        "stat" or "statm" or "status" or "cmdline" or "comm" or "io" or "loginuid" or "oom_score" or "oom_score_adj" or "smaps_rollup" or "wchan";

    /// <summary>Reads to the end. A directory answers EISDIR.</summary>
    /// <param name="descriptor">The open file.</param>
    /// <param name="isOneRecord">A read that does not fill the buffer has reached the end.</param>
    /// <param name="content">What it holds.</param>
    internal static Errno TryReadAll(int descriptor, bool isOneRecord, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var buffer = _kept ??= GC.AllocateUninitializedArray<byte>(KeptBytes);
        var length = 0;
        while (buffer.Length - length >= LongestRecord)
        {
            var errno = TryReadMore(descriptor, buffer, ref length, out var isEnd);
            if (errno != Errno.None) return errno;
            if (!isEnd && !(isOneRecord && length > 0 && length < buffer.Length)) continue;
            content = buffer.AsSpan(0, length).ToArray();
            return Errno.None;
        }

        return ReadLarge(descriptor, buffer.AsSpan(0, length), out content);
    }

    /// <summary>Reads a part by pread(2), again and again until it is full or the file ends. What cannot be read at an offset (a FIFO) says why.</summary>
    internal static Errno TryReadAt(int descriptor, long offset, int length, out ReadOnlyMemory<byte> content)
    {
        content = default;
        // The buffer grows with what comes, not with what was asked for: a small file costs little.
        var buffer = new byte[Math.Min(length, FirstBuffer)];
        var filled = 0;
        while (filled < length)
        {
            if (filled == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, length));
            nint got;
            fixed (byte* free = &buffer[filled])
            {
                got = HostCalls.pread(descriptor, free, (nuint)(buffer.Length - filled), offset + filled);
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

    /// <summary>Goes on with a file of which the first part is known.</summary>
    private static Errno ReadLarge(int descriptor, ReadOnlySpan<byte> first, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var errno = HostFiles.TryStat(descriptor, out var stat);
        if (errno != Errno.None) return errno;
        var isRegular = stat.Type == HostFiles.FileType.Regular;
        if (isRegular && stat.Size > (ulong)Array.MaxLength) return Errno.EFBIG;
        var (limit, room) = isRegular ? (Array.MaxLength, 1) : (DeviceLimit, LongestRecord);
        var buffer = new byte[Math.Min(Math.Max(2L * first.Length, isRegular ? (long)stat.Size + 1 : 0), limit)];
        first.CopyTo(buffer);
        var length = first.Length;
        while (true)
        {
            if (length == limit) return Errno.EFBIG;
            if (buffer.Length - length < room && buffer.Length < limit) Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, limit));
            errno = TryReadMore(descriptor, buffer, ref length, out var isEnd);
            if (errno != Errno.None) return errno;
            if (!isEnd) continue;
            content = buffer.AsMemory(0, length);
            return Errno.None;
        }
    }

    private static Errno TryReadMore(int descriptor, byte[] buffer, ref int length, out bool isEnd)
    {
        nint got;
        fixed (byte* free = &buffer[length])
        {
            got = HostCalls.read(descriptor, free, (nuint)(buffer.Length - length));
        }

        isEnd = got == 0;
        if (got > 0) length += (int)got;
        if (got >= 0) return Errno.None;
        isEnd = EndsOrContinues(out var goOn, out var errno);
        return isEnd || goOn ? Errno.None : errno;
    }

    /// <summary>True when a failed read means "nothing more now" (EAGAIN). Else <paramref name="goOn"/> says whether to
    /// read again: after a signal, or when /dev/kmsg has overwritten the record we stood at (EPIPE).</summary>
    private static bool EndsOrContinues(out bool goOn, out Errno errno)
    {
        var raw = Marshal.GetLastPInvokeError();
        goOn = raw is HostCalls.ErrnoInterrupted or (int)Errno.EPIPE;
        errno = HostFiles.Known(raw);
        return errno == Errno.EAGAIN;
    }
}
