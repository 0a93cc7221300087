using VboxMem.Tools.Filters;
using VboxMem.Tools.Processes;

namespace VboxMem.Tui.Readings;

/// <summary>Which processes a table has, and in which order: what a user has chosen.</summary>
/// <param name="Order">Ascending.</param>
/// <param name="OrderFiles">Files that the order goes by: they are read of all processes.</param>
/// <param name="IsDescending">The other way round.</param>
/// <param name="IsTree">Children below their parents; the order is that of siblings.</param>
/// <param name="HidesKernelThreads">Without kernel threads.</param>
/// <param name="Filter">Only those; null: all.</param>
internal sealed record ProcessQuery(
    Comparison<ProcessRow> Order, ProcessFiles OrderFiles, bool IsDescending, bool IsTree, bool HidesKernelThreads, ProcessFilter? Filter);
