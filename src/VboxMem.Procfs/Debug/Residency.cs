using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;

namespace VboxMem.Procfs.Debug;

/// <summary>
/// Renders <c>/sys/kernel/debug/vbox/files</c>, how much of each file is in memory, and <c>resident</c>, which pages of it these are. They
/// list the same files in the same order.
/// </summary>
internal static class Residency
{
    private const int Width = 9;

    private static readonly Column[] _fileColumns =
    [
        ("device", 8), ("inode", 10), ("size", 14), ("pages", Width), ("dirty", Width), ("writeback", Width), ("active", Width),
        ("mapped", Width), ("evicted", Width), ("recently", Width), ("path", 0),
    ];

    public static void RenderFiles(Machine machine, ProcText text)
    {
        var table = new Table(text, _fileColumns);
        for (var census = new FileCensus(machine); census.MoveNext();)
        {
            var figures = census.Count();
            table.Cell(DeviceOf(figures.File)).Cell(figures.File.Number).Cell(figures.Size).Cell(figures.CachedPages);
            table.Cell(figures.DirtyPages).Cell(figures.WritebackPages).Cell(figures.ActivePages).Cell(figures.MappedPages);
            table.Cell(figures.EvictedPages).Cell(figures.RecentlyEvictedPages);
            table.Cell(figures.File.IsDeleted ? figures.File.Path + " (deleted)" : figures.File.Path);
        }
    }

    public static void RenderResident(Machine machine, ProcText text)
    {
        var table = new Table(text, ("device", 8), ("inode", 10), ("page", Width), ("pages", Width));
        var runs = new List<ResidentRun>();
        for (var census = new FileCensus(machine); census.MoveNext();)
        {
            runs.Clear();
            census.AddRuns(runs);
            var file = census.Identity;
            foreach (var run in runs)
            {
                table.Cell(DeviceOf(file)).Cell(file.Number).Cell(run.FirstPage).Cell(run.Pages);
            }
        }
    }

    private static string DeviceOf(in FileIdentity file) => string.Create(CultureInfo.InvariantCulture, $"{file.Major}:{file.Minor}");
}
