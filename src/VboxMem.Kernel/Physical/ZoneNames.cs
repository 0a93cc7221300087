namespace VboxMem.Kernel.Physical;

public static class ZoneNames
{
    /// <summary>The name /proc and the log give a zone.</summary>
    public static string Name(this ZoneType zone) => zone switch
    {
        ZoneType.Dma => "DMA",
        ZoneType.Dma32 => "DMA32",
        ZoneType.Normal => "Normal",
        ZoneType.Movable => "Movable",
        _ => "Device",
    };
}
