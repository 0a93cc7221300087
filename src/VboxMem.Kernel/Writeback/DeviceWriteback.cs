namespace VboxMem.Kernel.Writeback;

/// <summary>What the machine knows of writing to one disk (bdi_writeback).</summary>
internal sealed class DeviceWriteback
{
    public BandwidthState Bandwidth;
    public WriteoutShare Share;

    /// <summary>Pages dirtied on it and written to it since boot.</summary>
    public ulong DirtiedPages { get; set; }

    public ulong WrittenPages { get; set; }

    /// <summary>Pages dirty, and pages under writeback, now.</summary>
    public ulong DirtyPages { get; set; }

    public ulong WritebackPages { get; set; }

    public DeviceWriteback Clone() => new()
    {
        Bandwidth = Bandwidth,
        Share = Share,
        DirtiedPages = DirtiedPages,
        WrittenPages = WrittenPages,
        DirtyPages = DirtyPages,
        WritebackPages = WritebackPages,
    };

    public void HashInto(StateHash hash)
    {
        Bandwidth.HashInto(hash);
        Share.HashInto(hash);
        hash.Add(DirtiedPages);
        hash.Add(WrittenPages);
        hash.Add(DirtyPages);
        hash.Add(WritebackPages);
    }
}
