namespace VboxMem.Kernel.Time;

/// <summary>
/// What the kernel's mechanisms cost in simulated time, in nanoseconds: one 2-CPU cloud VM (facts: reclaim, 12, "Suggested"). A
/// profile may override each.
/// </summary>
public sealed record Costs
{
    /// <summary>Entering and leaving the kernel for a system call.</summary>
    public uint SystemCall { get; init; } = 150;

    /// <summary>A context switch.</summary>
    public uint ContextSwitch { get; init; } = 2_000;

    /// <summary>Minor fault on fresh anonymous memory, 4 KiB, zeroing included.</summary>
    public uint AnonymousFault { get; init; } = 1_100;

    /// <summary>Any other minor fault.</summary>
    public uint MinorFault { get; init; } = 1_000;

    /// <summary>Minor fault that also copies a page.</summary>
    public uint CopyFault { get; init; } = 1_300;

    /// <summary>Huge-page fault: zeroing 2 MiB.</summary>
    public uint HugeFault { get; init; } = 120_000;

    /// <summary>Unmapping one resident page.</summary>
    public uint UnmapPage { get; init; } = 80;

    /// <summary>Copying one page-table entry at fork.</summary>
    public uint ForkPage { get; init; } = 30;

    /// <summary>Making a task.</summary>
    public uint Fork { get; init; } = 50_000;

    /// <summary>Making a thread: a task and its stack, nothing is copied. An estimate.</summary>
    public uint CloneThread { get; init; } = 12_000;

    /// <summary>Copying one cached page to or from a program's buffer.</summary>
    public uint CopyPage { get; init; } = 400;

    /// <summary>Putting one page into the page cache and asking for it to be read, without the copy.</summary>
    public uint CacheInsert { get; init; } = 500;

    /// <summary>Looking up, making or removing a name.</summary>
    public uint NameLookup { get; init; } = 1_000;

    public uint FileCreate { get; init; } = 20_000;

    /// <summary>Reclaim looks at a page and keeps it.</summary>
    public uint ScanPage { get; init; } = 100;

    /// <summary>Moving a page that no one maps from an active to an inactive list. An estimate.</summary>
    public uint DeactivatePage { get; init; } = 40;

    /// <summary>Reclaim takes up a node: its sizes and marks, besides the pages it looks at. An estimate.</summary>
    public uint ScanNode { get; init; } = 1_000;

    /// <summary>Reclaim frees a clean page that no one maps.</summary>
    public uint ReclaimCleanPage { get; init; } = 350;

    /// <summary>Reclaim unmaps a page.</summary>
    public uint ReclaimMappedPage { get; init; } = 1_200;

    /// <summary>Making other CPUs drop what they know of pages that reclaim has unmapped: for who waits for them, and for each of them.</summary>
    public uint TlbShootdown { get; init; } = 2_000;

    /// <summary>Splitting a huge folio, for each of its pages. An estimate.</summary>
    public uint SplitPage { get; init; } = 100;

    /// <summary>Swap-out besides the device: slot, unmapping, submission.</summary>
    public uint SwapOut { get; init; } = 3_000;

    /// <summary>Swap-in besides the device.</summary>
    public uint SwapIn { get; init; } = 3_000;

    /// <summary>One object a shrinker looks at.</summary>
    public uint ShrinkObject { get; init; } = 200;

    /// <summary>Moving one page to another frame: unmapping, copying, mapping it again.</summary>
    public uint MigratePage { get; init; } = 2_000;

    /// <summary>Compaction looks at a page.</summary>
    public uint CompactScanPage { get; init; } = 30;

    /// <summary>Choosing a victim of the OOM killer and writing the report.</summary>
    public uint OomKill { get; init; } = 3_000_000;

    /// <summary>One memory access of a program to a page it has: a walk from memory.</summary>
    public uint TouchPage { get; init; } = 90;
}
