using System.Text;

namespace VboxMem.FileTree;

/// <summary>A path as the C library takes it: UTF-8 with a zero behind it, on the stack where it is short.</summary>
internal readonly ref struct HostPath
{
    /// <summary>Room that a caller gives on its stack.</summary>
    internal const int StackBytes = 512;

    private readonly Span<byte> _bytes;

    internal HostPath(string path, Span<byte> room)
    {
        // Three bytes are the most that a UTF-16 unit can become.
        _bytes = (path.Length * 3) + 1 <= room.Length ? room : new byte[Encoding.UTF8.GetByteCount(path) + 1];
        _bytes[Encoding.UTF8.GetBytes(path, _bytes)] = 0;
    }

    internal ref byte GetPinnableReference() => ref _bytes[0];
}
