namespace VboxMem.Session.Console;

/// <summary>Bytes that are gathered.</summary>
internal sealed class ByteBuffer
{
    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> more)
    {
        if (_bytes.Length - Length < more.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + more.Length));
        }

        more.CopyTo(_bytes.AsSpan(Length));
        Length += more.Length;
    }

    public void Clear() => Length = 0;
}
