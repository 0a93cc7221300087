// Goal: the machine's own procps shows the processes of a dumped box, without complaint, as the box has them.
// Method: boot a box, let programs of several users run, fork, fill memory and die, dump it, and read what the real tools print of it.

using System.Globalization;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Session;
using VboxMem.Tools.Tests;

namespace VboxMem.Conformance.Tests.Tools;

public sealed class ProcessDumpTests : IDisposable
{
    private const int WwwData = 33;

    private readonly Box _box;
    private readonly ProcTree _dump;

    public ProcessDumpTests()
    {
        _box = DumpedBox.Boot("experiments/fork-cow");
        _box.RunFor(SimTime.FromSeconds(4));
        var worker = Users.First(static task => task.Name == "sampler");
        (worker.Uid, worker.Gid) = (WwwData, WwwData);
        _dump = DumpedBox.Dump(_box);
    }

    private IEnumerable<Process> Users => _box.Machine.Processes.Tasks.Where(static task => task.MemoryId != 0);

    public void Dispose()
    {
        _dump.Dispose();
        _box.Dispose();
    }

    [RealToolFact]
    public void No_tool_complains()
    {
        var pid = Users.First().Pid.ToString(CultureInfo.InvariantCulture);
        string[] commands =
        [
            "top -b -n1", "top -b -n1 -H", "top -b -n1 -c -w 200", "ps aux", "ps -ef", "ps -eLf", "ps -el", "ps axjf", $"pmap {pid}", $"pmap -x {pid}",
            $"pmap -d {pid}", $"pmap -X {pid}", "uptime", "free -w", "vmstat", "vmstat -s", "slabtop -o",
        ];

        foreach (var (outcome, command) in RealTools.RunAmongProcesses(_dump, [.. commands.Select(Comparison.Split)]).Zip(commands))
        {
            Assert.Equal((command, 0, string.Empty), (command, outcome.Code, outcome.Error));
            Assert.NotEqual(string.Empty, outcome.Out);
        }
    }

    [RealToolFact]
    public void Ps_shows_every_task_with_its_user_sizes_and_state()
    {
        var rows = Rows("ps -eo pid,ppid,pgid,sid,user:20,tty,stat,vsz,rss,ni,nlwp,wchan:40,comm:40 --no-headers");
        foreach (var task in _box.Machine.Processes.Tasks)
        {
            var mm = task.MemoryId == 0 ? null : _box.Machine.Memory[task.MemoryId];
            var row = rows[task.Pid];
            Assert.Equal([task.ParentPid, task.ProcessGroup, task.Session], row[1..4].Select(int.Parse));
            Assert.Equal(task.Uid == WwwData ? "www-data" : "root", row[4]);
            Assert.Equal("?", row[5]);
            Assert.Equal("RSDZI"[(int)task.State], row[6][0]);
            Assert.Equal([(mm?.TotalPages ?? 0) * 4, (mm?.RssPages ?? 0) * 4], row[7..9].Select(ulong.Parse));
            Assert.Equal("1", row[10]);
            Assert.Equal(WaitChannel.Of(task) == WaitChannel.None ? "-" : WaitChannel.Of(task).TrimStart('_'), row[11]);
        }
    }

    [RealToolFact]
    public void Ps_marks_niceness_session_leaders_and_brackets_kernel_threads()
    {
        var rows = Rows("ps -eo pid,stat,args --no-headers");

        Assert.All(_box.Machine.Processes.Tasks, task =>
        {
            Assert.Equal(task.Nice < 0, rows[task.Pid][1].Contains('<', StringComparison.Ordinal));
            Assert.Equal(task.Nice > 0, rows[task.Pid][1].Contains('N', StringComparison.Ordinal));
            Assert.Equal(task.Session == task.Pid, rows[task.Pid][1].Contains('s', StringComparison.Ordinal));
            if (task.IsKernelThread) Assert.Equal($"[{task.Name}]", rows[task.Pid][2]);
        });
        Assert.Equal("/usr/local/bin/workload", rows[Users.First().Pid][2]);
    }

    [RealToolFact]
    public void Top_shows_sizes_users_and_counts_all_tasks()
    {
        var lines = RealTools.RunAmongProcesses(_dump, [Comparison.Split("top -b -n1 -E k -e k -w 200")])[0].Out.Split('\n');
        var rows = lines.Where(static line => line.Length > 5 && line.TrimStart().Length > 0 && char.IsAsciiDigit(line.TrimStart()[0]))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(static row => int.Parse(row[0], CultureInfo.InvariantCulture));

        Assert.Contains(lines, line => line.StartsWith($"Tasks: {_box.Machine.Processes.Count + 1,3} total", StringComparison.Ordinal));   // top itself
        foreach (var task in Users)
        {
            var mm = _box.Machine.Memory[task.MemoryId];
            Assert.Equal(task.Uid == WwwData ? "www-data" : "root", rows[task.Pid][1]);
            Assert.Equal([mm.TotalPages * 4, mm.RssPages * 4, (mm.RssFilePages + mm.RssShmemPages) * 4], rows[task.Pid][4..7].Select(ulong.Parse));
            Assert.Equal(task.Name, rows[task.Pid][^1]);
        }
    }

    [RealToolFact]
    public void Pmap_adds_up_to_the_sizes_of_the_process()
    {
        foreach (var task in Users)
        {
            var mm = _box.Machine.Memory[task.MemoryId];
            var text = RealTools.RunAmongProcesses(_dump, [["pmap", "-x", task.Pid.ToString(CultureInfo.InvariantCulture)]])[0].Out.TrimEnd('\n').Split('\n');

            Assert.Equal($"{task.Pid}:   /usr/local/bin/workload", text[0].TrimEnd());
            Assert.Equal(mm.Areas.Count, text.Length - 4);
            var total = text[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal([mm.TotalPages * 4, mm.RssPages * 4], total[2..4].Select(ulong.Parse));
            Assert.Contains(text, static line => line.EndsWith("  [ stack ]", StringComparison.Ordinal));
        }
    }

    private Dictionary<int, string[]> Rows(string command)
    {
        var outcome = RealTools.RunAmongProcesses(_dump, [Comparison.Split(command)])[0];
        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        return outcome.Out.TrimEnd('\n').Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(static row => int.Parse(row[0], CultureInfo.InvariantCulture));
    }
}
