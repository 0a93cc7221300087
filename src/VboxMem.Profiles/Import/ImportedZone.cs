using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Profiles.Import;

/// <summary>A zone as a machine shows it, in pages. Limits are without boost.</summary>
internal sealed record ImportedZone(int Node, ZoneType Type, ulong StartPfn, ulong Spanned, ulong Present, ulong Managed)
{
    /// <summary>Its marks; null where the file does not give them.</summary>
    public Watermarks? Marks { get; init; }

    /// <summary>What is kept back from requests for the zones above, one value a zone type; empty: not known.</summary>
    public IReadOnlyList<ulong> Protection { get; init; } = [];

    /// <summary>Its marks include the fourth.</summary>
    public bool HasPromo { get; init; }
}
