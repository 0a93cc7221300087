using VboxMem.FileTree;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

/// <summary>ps's model: the processes, or threads, that a request wants, in the order it wants them.</summary>
internal static class PsListing
{
    /// <returns>Null when there is no process at all to choose from, or /proc cannot be listed.</returns>
    internal static List<PsProcess>? Read(PsRequest request, PsSystem system, PsSelf self)
    {
        var records = ReadRecords(request, system, out var errno);
        var isOrdered = request.Forest != '\0' || request.SortKeys.Count > 0;
        if (errno != Errno.None || (isOrdered && records.Count == 0)) return null;

        var all = records.ConvertAll(record => new PsProcess(record, system));
        if (request.Threads.HasFlag(PsThreads.ShowProcess | PsThreads.ShowTask))
        {
            PsOrder.Sort(all, PsItem.Began, 1);
            PsOrder.Sort(all, PsItem.ProcessId, 1);
        }

        var selection = new PsSelection(request, self);
        var isGrouped = request.Threads.HasFlag(PsThreads.ShowBoth) && !isOrdered;
        var wanted = isGrouped ? WantedGroups(all, selection) : all.FindAll(selection.Wants);
        if (request.Forest == '\0') PsOrder.Sort(wanted, request.SortKeys, PsNeeds.Items(request));
        else SortForest(wanted, request, system);
        return wanted;
    }

    /// <summary>
    /// A forest needs children beside each other. 4.0.2 sorts by parent before the keys that were asked for, which tears them apart
    /// again, so that not all are found.
    /// </summary>
    private static void SortForest(List<PsProcess> wanted, PsRequest request, PsSystem system)
    {
        var tearsApart = system.Context.Version == ProcpsVersion.V4_0_2;
        if (!tearsApart) PsOrder.Sort(wanted, request.SortKeys, PsNeeds.Items(request));
        if (tearsApart || request.SortKeys.Count == 0) PsOrder.Sort(wanted, PsItem.Began, 1);
        PsOrder.Sort(wanted, PsItem.ParentId, 1);
        if (tearsApart) PsOrder.Sort(wanted, request.SortKeys, PsNeeds.Items(request));
    }

    private static List<ProcessRecord> ReadRecords(PsRequest request, PsSystem system, out Errno errno)
    {
        var reader = new ProcessReader(system.Context.Tree);
        var files = PsNeeds.Files(request);
        var records = new List<ProcessRecord>();
        var isSorted = request.Forest != '\0' || request.SortKeys.Count > 0;
        var withThreads = (request.Threads & (isSorted ? PsThreads.LooseTasks : PsThreads.LooseTasks | PsThreads.ShowTask)) != 0;
        errno = Errno.None;
        if (request.Selectors is [{ By: PsSelect.QuickPid } quick])
        {
            foreach (var pid in quick.Numbers)
            {
                if (withThreads) reader.ReadThreads((int)pid, files, records);
                else if (reader.TryRead((int)pid, files) is { } record) records.Add(record);
            }

            return records;
        }

        errno = withThreads ? reader.TryReadAllThreads(files, records) : reader.TryReadAll(files, records);
        return records;
    }

    /// <summary>With threads below their process: the process decides for all of them.</summary>
    private static List<PsProcess> WantedGroups(List<PsProcess> all, PsSelection selection)
    {
        var wanted = new List<PsProcess>();
        for (var i = 0; i < all.Count;)
        {
            var pid = all[i].Record.Pid;
            if (!selection.Wants(all[i]))
            {
                i++;
                continue;
            }

            var first = i;
            while (i < all.Count && (i == first || all[i].Record.Tgid == pid)) wanted.Add(all[i++]);
        }

        return wanted;
    }
}
