namespace VboxMem.Kernel.Physical;

/// <summary>
/// What a description must hold to be a machine at all. Whoever reads descriptions from people says more and sooner; this is
/// the last word before memory is laid out.
/// </summary>
internal static class LayoutChecks
{
    private const int MostNodes = 8;

    /// <exception cref="MachineLayoutException">The first contradiction found.</exception>
    public static void Check(MachineConfiguration configuration)
    {
        var nodes = configuration.Nodes;
        var nodeCount = Math.Max(1, nodes.Count);
        var cpus = nodes.Count == 0 ? configuration.Cpus : nodes.Sum(static node => node.Cpus);
        Require(nodes.Count <= MostNodes, $"{nodes.Count} nodes: at most {MostNodes} are allowed");
        Require(cpus > 0, "a machine needs a CPU");
        Require(nodes.All(static node => node.Cpus >= 0), "a node cannot have less than no CPU");
        Require(
            nodes.All(node => node.Distances.Count == 0 || node.Distances.Count == nodes.Count),
            "a node's distances are one for each node, or none");
        foreach (var zone in configuration.Zones)
        {
            Check(zone, nodeCount);
        }

        CheckBlocks(configuration.Zones);
    }

    private static void Check(ZoneConfiguration zone, int nodes)
    {
        var name = $"zone {zone.Zone} of node {zone.Node}";
        var isDma = zone.Zone == ZoneType.Dma;
        Require(zone.Node >= 0 && zone.Node < nodes, $"{name}: there are {nodes} nodes");
        Require(zone.PresentPages <= zone.SpannedPages, $"{name}: {zone.PresentPages} present of {zone.SpannedPages} spanned pages");
        Require(zone.ManagedPages <= zone.PresentPages, $"{name}: {zone.ManagedPages} managed of {zone.PresentPages} present pages");
        Require(zone.LateFreedPages <= zone.ManagedPages, $"{name}: {zone.LateFreedPages} late-freed of {zone.ManagedPages} managed pages");
        Require(
            zone.StartPfn > 0 && (isDma || new Pfn(zone.StartPfn).IsAlignedTo(PageGeometry.MaxOrder)),
            $"{name}: start_pfn {zone.StartPfn} must be above 0 and, but for DMA, a multiple of {PageGeometry.LargestBlockPages}");

        var hole = zone.SpannedPages - zone.PresentPages;
        Require(
            !isDma || hole == 0 || LayoutRecipe.LowHoleStart.Plus(hole).Index <= (ulong)zone.StartPfn + zone.SpannedPages,
            $"{name}: a hole of {hole} pages does not fit behind the first megabyte");
    }

    /// <summary>No two zones share a 4 MiB block.</summary>
    private static void CheckBlocks(IReadOnlyList<ZoneConfiguration> zones)
    {
        var last = default(ZoneConfiguration);
        foreach (var zone in zones.Where(static zone => zone.PresentPages > 0).OrderBy(static zone => zone.StartPfn))
        {
            if (last is not null)
            {
                var end = ((ulong)last.StartPfn + last.SpannedPages - 1) / PageGeometry.LargestBlockPages;
                Require(
                    zone.StartPfn / PageGeometry.LargestBlockPages > end,
                    $"zones {last.Zone} of node {last.Node} and {zone.Zone} of node {zone.Node} overlap, or share a block of 4 MiB");
            }

            last = zone;
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new MachineLayoutException(otherwise);
        }
    }
}
