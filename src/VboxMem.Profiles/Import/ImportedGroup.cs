namespace VboxMem.Profiles.Import;

/// <summary>Like processes, as a profile says them. Sizes in pages.</summary>
/// <param name="Name">Of the group.</param>
/// <param name="Parent">Group of the parent; empty: init.</param>
/// <param name="Process">What each of them is like; its file and anonymous pages are those the box shall have.</param>
internal sealed record ImportedGroup(string Name, string Parent, ImportedProcess Process)
{
    public int Count { get; set; } = 1;

    public required ulong InheritedPages { get; init; }

    public required ulong SharedFilePages { get; init; }

    public required ulong SharedShmemPages { get; init; }
}
