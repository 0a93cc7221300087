using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

/// <summary>ps's text: header and lines.</summary>
internal sealed class PsOutput
{
    private readonly PsRequest _request;
    private readonly PsLayout _layout;
    private readonly List<PsColumn> _ofProcess;
    private readonly List<PsColumn> _ofThread;
    private readonly int _headerEvery;
    private int _linesToHeader = 1;

    internal PsOutput(PsRequest request, TextWriter writer)
    {
        _request = request;
        _layout = new PsLayout(request, writer);
        var showsBoth = request.Threads.HasFlag(PsThreads.ShowBoth);
        _ofProcess = showsBoth ? request.Columns.ConvertAll(column => Without(column, PsLines.ThreadOnly)) : request.Columns;
        _ofThread = showsBoth ? request.Columns.ConvertAll(column => Without(column, PsLines.ProcessOnly)) : request.Columns;
        _headerEvery = request.Header == PsHeader.EveryPage ? request.ScreenRows - 1 : 0;
        var hasHeader = request.Columns.Exists(column => column.Field is not null && column.Header.Length > 0);
        if (request.Header == PsHeader.None || (request.Header == PsHeader.Once && !hasHeader)) _linesToHeader = 0;
    }

    private static PsColumn Without(PsColumn column, PsLines lines) =>
        column.Lines == lines && column.Field is not null ? column with { Field = PsField.Nothing } : column;

    /// <returns>1 when there was no process to show.</returns>
    internal int Print(List<PsProcess> processes)
    {
        if (_request.Forest != '\0')
        {
            new PsForest(processes, _request.Forest, (process, branch) => Show(process, _ofProcess, branch)).Show();
        }
        else if (_request.Threads.HasFlag(PsThreads.ShowBoth) && _request.SortKeys.Count == 0)
        {
            PrintGroups(processes);
        }
        else
        {
            foreach (var process in processes) Show(process, _request.Threads == PsThreads.ShowProcess ? _ofProcess : _ofThread, "");
        }

        if (processes.Count > 0) return ToolSession.Success;
        ShowHeaderIfDue();
        return ToolSession.Failure;
    }

    /// <summary>A line for the process, then one for each of its threads, the first among them.</summary>
    private void PrintGroups(List<PsProcess> processes)
    {
        for (var i = 0; i < processes.Count;)
        {
            var pid = processes[i].Record.Pid;
            var first = i;
            Show(processes[i], _ofProcess, "");
            for (; i < processes.Count && (processes[i].Record.Tgid == pid || i == first); i++)
            {
                if (processes[i].Record.Tgid == pid) Show(processes[i], _ofThread, "");
            }
        }
    }

    private void ShowHeaderIfDue()
    {
        if (--_linesToHeader != 0) return;
        _linesToHeader = _headerEvery;
        _layout.Write(_request.Columns, static (column, _) => PsCell.Of(column.Header));
    }

    private void Show(PsProcess process, List<PsColumn> columns, string branch)
    {
        ShowHeaderIfDue();
        _layout.Write(columns, (column, room) => column.Field is { } field
            ? PsCells.Of(field, process, room, branch, _layout.HasWideSignals)
            : PsCell.Of(column.Header));
    }
}
