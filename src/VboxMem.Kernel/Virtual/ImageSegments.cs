using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>
/// How an executable or a library lies in memory, in pages from its first one: headers, code, constants, relocated constants, data,
/// all from its file in this order, and behind them what of bss does not fit into the last page of data.
/// </summary>
internal readonly struct ImageSegments(ProgramImage image)
{
    public ulong HeaderPages { get; } = UserSpace.PagesFor(image.HeaderBytes);

    public ulong TextPages { get; } = UserSpace.PagesFor(image.TextBytes);

    public ulong ReadOnlyPages { get; } = UserSpace.PagesFor(image.ReadOnlyBytes);

    public ulong RelocatedPages { get; } = UserSpace.PagesFor(image.RelocatedBytes);

    public ulong DataPages { get; } = UserSpace.PagesFor(image.DataBytes);

    public ulong BssPages { get; } = UserSpace.PagesFor(image.DataBytes + image.BssBytes) - UserSpace.PagesFor(image.DataBytes);

    /// <summary>What no start writes to.</summary>
    public ulong CodePages => HeaderPages + TextPages + ReadOnlyPages;

    /// <summary>What a start may write to.</summary>
    public ulong OwnPages => RelocatedPages + DataPages + BssPages;

    public ulong FilePages => CodePages + RelocatedPages + DataPages;

    public ulong Pages => FilePages + BssPages;

    /// <summary>Areas it takes.</summary>
    public uint Areas => AreasBeforeRelocated + Count(RelocatedPages) + Count(DataPages) + Count(BssPages);

    public uint AreasBeforeRelocated => Count(HeaderPages) + Count(TextPages) + Count(ReadOnlyPages);

    /// <summary>Of the code pages, those that starting it reads.</summary>
    public ulong StartedPages => Math.Min(UserSpace.PagesFor(image.StartedBytes), CodePages);

    /// <summary>Of its own pages, those that starting it writes.</summary>
    public ulong DirtiedPages => Math.Min(UserSpace.PagesFor(image.DirtiedBytes), OwnPages);

    /// <summary>What starting it writes beyond its own pages: of an executable, the stack.</summary>
    public ulong SpilledPages => UserSpace.PagesFor(image.DirtiedBytes) - DirtiedPages;

    private static uint Count(ulong pages) => pages > 0 ? 1u : 0;
}
