using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>
/// How an executable or a library lies in memory, in pages from its first one: code, constants, data, all from its file in this
/// order, and behind them what of bss does not fit into the last page of data.
/// </summary>
internal readonly struct ImageSegments(ProgramImage image)
{
    public ulong TextPages { get; } = UserSpace.PagesFor(image.TextBytes);

    public ulong ReadOnlyPages { get; } = UserSpace.PagesFor(image.ReadOnlyBytes);

    public ulong DataPages { get; } = UserSpace.PagesFor(image.DataBytes);

    public ulong BssPages { get; } = UserSpace.PagesFor(image.DataBytes + image.BssBytes) - UserSpace.PagesFor(image.DataBytes);

    public ulong CodePages => TextPages + ReadOnlyPages;

    public ulong FilePages => CodePages + DataPages;

    public ulong Pages => FilePages + BssPages;

    /// <summary>Areas it takes.</summary>
    public uint Areas => Count(TextPages) + Count(ReadOnlyPages) + Count(DataPages) + Count(BssPages);

    /// <summary>Of code and constants, the pages that starting it reads.</summary>
    public ulong StartedPages { get; } = UserSpace.PagesFor(image.StartedBytes);

    /// <summary>Of data, bss and stack, the pages that starting it writes.</summary>
    public ulong DirtiedPages { get; } = UserSpace.PagesFor(image.DirtiedBytes);

    private static uint Count(ulong pages) => pages > 0 ? 1u : 0;
}
