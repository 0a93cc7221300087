// The hash tables that boot sizes by the machine's RAM or CPUs, after the page allocator works.
//
// Models   Linux 6.12 mm/mm_init.c: alloc_large_system_hash, and its callers' figures (the log of every captured machine
//          prints them; facts: physical memory, 1.3).

using System.Numerics;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Boot;

/// <summary>One table: name as the log prints it, buckets and bytes a bucket.</summary>
public readonly record struct SystemHashTable(string Name, ulong Entries, uint BytesPerEntry)
{
    public ulong Bytes => Entries * BytesPerEntry;

    public uint Pages => (uint)((Bytes + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes);

    /// <summary>Order of the block that holds it: what the log prints, even where it comes from vmalloc.</summary>
    public int Order => BitOperations.Log2(BitOperations.RoundUpToPowerOf2(Math.Max(Pages, 1u)));
}

public static class SystemHashTables
{
    private const int PageShift = 12;
    private const ulong PagesPerMebibyte = 256;

    /// <summary>The tables made once pages can be allocated, in the order boot makes them.</summary>
    /// <param name="kernelPages">RAM pages the kernel had to give out when it sized them.</param>
    /// <param name="cpus">Online CPUs.</param>
    public static SystemHashTable[] For(ulong kernelPages, int cpus)
    {
        var established = Entries(kernelPages, 17, 8, most: 512 * 1024);
        return
        [
            new("Mount-cache", Entries(kernelPages, 19, 8), 8),
            new("Mountpoint-cache", Entries(kernelPages, 19, 8), 8),
            new("futex", BitOperations.RoundUpToPowerOf2(256UL * (ulong)cpus), 64),
            new("IP idents", Entries(kernelPages, 16, 8, least: 2048, most: 256 * 1024), 8),
            new("tcp_listen_portaddr_hash", Entries(kernelPages, 21, 16, most: 64 * 1024), 16),
            new("Table-perturb", 65536, 4),
            new("TCP established", established, 8),
            new("TCP bind", Math.Min(established, 64 * 1024), 32),
            new("MPTCP token", Entries(kernelPages, 20, 24, least: 256), 24),
            new("UDP", Entries(kernelPages, 21, 32, least: 256, most: 64 * 1024), 32),
            new("UDP-Lite", Entries(kernelPages, 21, 32, least: 256, most: 64 * 1024), 32),
        ];
    }

    /// <summary>Buckets of a table: one for every 2^scale bytes of RAM, a power of two, at least a page full.</summary>
    private static ulong Entries(ulong pages, int scale, uint bytesPerEntry, ulong least = 1, ulong most = ulong.MaxValue)
    {
        var rounded = (pages + PagesPerMebibyte - 1) & ~(PagesPerMebibyte - 1);
        for (var adapt = 1UL << 24; adapt < rounded; adapt <<= 2)
        {
            scale++;   // beyond 64 GiB tables grow with the square root only
        }

        var entries = scale > PageShift ? rounded >> (scale - PageShift) : rounded << (PageShift - scale);
        if (entries * bytesPerEntry < PageGeometry.PageBytes)
        {
            entries = PageGeometry.PageBytes / bytesPerEntry;
        }

        entries = BitOperations.RoundUpToPowerOf2(entries);
        return Math.Clamp(entries, least, most);
    }
}
