// The forest of processes: who has no parent among those shown is a root; below it its children, and before each command its branches.
//
//   f, --forest   " \_ " before a child, " |  " where siblings follow, four blanks where none do;
//   -H            two blanks a level.
//
// With branches the children of init stand on init's own level: it adopts whoever loses its parent.
//
// Models  procps-ng 4.0.2 and 4.0.4: the last root comes first; whose parent chain leads back to itself is not shown.

namespace VboxMem.Tools.Ps;

internal sealed class PsForest(List<PsProcess> processes, char kind, Action<PsProcess, string> show)
{
    private const int Init = 1;
    private const string Blank = "    ";
    private const string Child = " \\_ ";
    private const string Passing = " |  ";
    private const string Level = "  ";

    /// <summary>Shows processes that are sorted by parent.</summary>
    internal void Show()
    {
        var shown = new HashSet<int>();
        foreach (var process in processes) shown.Add(process.Record.Pid);
        for (var i = processes.Count - 1; i >= 0; i--)
        {
            if (!shown.Contains(processes[i].Record.ParentPid)) ShowTree(i, prefix: "", own: "", below: "");
        }
    }

    private void ShowTree(int index, string prefix, string own, string below)
    {
        var process = processes[index];
        show(process, prefix + own);
        var pid = process.Record.Pid;
        var first = processes.FindIndex(other => other.Record.ParentPid == pid);
        if (first < 0) return;

        for (var i = first; i < processes.Count; i++)
        {
            var hasMore = i + 1 < processes.Count && processes[i + 1].Record.ParentPid == pid;
            if (kind == 'u') ShowTree(i, prefix + below, Level, Level);
            else if (pid == Init && own.Length == 0) ShowTree(i, prefix, "", "");
            else ShowTree(i, pid == Init ? prefix : prefix + below, Child, hasMore ? Passing : Blank);
            if (!hasMore) break;
        }
    }
}
