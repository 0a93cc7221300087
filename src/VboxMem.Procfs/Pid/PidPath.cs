using System.Globalization;

namespace VboxMem.Procfs.Pid;

/// <summary>What a path below /proc names: PID, PID/task, PID/task/TID, and a file in the first or the last.</summary>
/// <param name="Pid">Of the process.</param>
/// <param name="IsInTask">It goes through "task".</param>
/// <param name="Tid">Of the thread; 0: the path ends before one.</param>
/// <param name="FileStart">Where in the path a file's name begins; 0: there is none.</param>
internal readonly record struct PidPath(int Pid, bool IsInTask, int Tid, int FileStart)
{
    private const string Proc = "/proc/";

    /// <summary>Takes a path apart that is spelled without dots, empty parts and a final slash.</summary>
    public static bool TryParse(string path, out PidPath parsed)
    {
        parsed = default;
        if (!path.StartsWith(Proc, StringComparison.Ordinal) || !TryNumber(path, Proc.Length, out var pid, out var at))
        {
            return false;
        }

        parsed = new PidPath(pid, IsInTask: false, Tid: 0, FileStart: 0);
        if (at == path.Length)
        {
            return true;
        }

        const string task = "/" + PidTable.TaskDirectory;
        if (!path.AsSpan(at).StartsWith(task) || (path.Length > at + task.Length && path[at + task.Length] != '/'))
        {
            parsed = parsed with { FileStart = at + 1 };
            return true;
        }

        at += task.Length;
        parsed = parsed with { IsInTask = true };
        if (at == path.Length)
        {
            return true;
        }

        if (!TryNumber(path, at + 1, out var tid, out at))
        {
            return false;
        }

        parsed = parsed with { Tid = tid, FileStart = at == path.Length ? 0 : at + 1 };
        return true;
    }

    /// <summary>A descriptor's number, as the directories of descriptors spell it.</summary>
    public static bool TryDescriptor(ReadOnlySpan<char> name, out int descriptor) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out descriptor) && (name.Length == 1 || name[0] != '0');

    /// <summary>A decimal number without leading zeros that ends at a slash or the end of the path.</summary>
    private static bool TryNumber(string path, int start, out int number, out int end)
    {
        number = 0;
        for (end = start; end < path.Length && char.IsAsciiDigit(path[end]); end++)
        {
            if (number > (int.MaxValue - 9) / 10)
            {
                return false;
            }

            number = (number * 10) + (path[end] - '0');
        }

        return end > start && path[start] != '0' && (end == path.Length || path[end] == '/');
    }
}
