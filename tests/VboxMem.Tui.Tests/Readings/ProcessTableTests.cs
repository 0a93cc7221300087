// Goal: the process table is what its two readings say, in the order and of the processes that were asked for.

using VboxMem.Tools.Filters;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;
using VboxMem.Testing;

namespace VboxMem.Tui.Tests.Readings;

public sealed class ProcessTableTests
{
    [Fact]
    public void Shares_and_rates_are_the_difference_of_two_readings()
    {
        var row = Make("PID", Tree(ticks: 300, faults: 5000), Tree(ticks: 250, faults: 4000), seconds: 2).Rows[1];

        Assert.Equal(10, row.Pid);
        Assert.Equal(25, row.CpuPercent);
        Assert.Equal(500, row.Faults);
        Assert.Equal(0, row.MajorFaults);
    }

    [Fact]
    public void A_process_that_was_not_there_has_used_all_of_its_time_since()
    {
        var row = Make("PID", Tree().Process(20, ticks: 50, faults: 30), Tree(), seconds: 1).Rows[^1];

        Assert.Equal((20, 50f, 30.0), (row.Pid, row.CpuPercent!.Value, row.Faults!.Value));
    }

    [Fact]
    public void Another_process_with_the_number_of_one_that_has_ended_is_new()
    {
        var row = Make("PID", Tree().Process(20, ticks: 60, faults: 40, start: 9000), Tree().Process(20, ticks: 50, faults: 30), seconds: 1).Rows[^1];

        Assert.Equal((60f, 40.0), (row.CpuPercent!.Value, row.Faults!.Value));
    }

    [Fact]
    public void With_one_reading_no_rate_is_known()
    {
        var row = Make("PID", Tree(), null).Rows[1];

        Assert.Null(row.CpuPercent);
        Assert.Null(row.Faults);
    }

    [Fact]
    public void Who_is_alike_stands_with_more_memory_first_and_else_by_number()
    {
        var tree = Tree().Process(30, pages: 5).Process(31, pages: 50).Process(32, pages: 5);

        Assert.Equal([1, 10, 31, 30, 32], Pids(Make("%CPU", tree, tree)));
    }

    [Fact]
    public void Children_stand_below_their_parents_in_the_order_asked_for()
    {
        var tree = Tree().Process(20, parent: 10, pages: 7).Process(21, parent: 10, pages: 9).Process(22, parent: 20).Process(23);

        var table = Make("RES", tree, tree, isTree: true);

        Assert.Equal([1, 10, 21, 20, 22, 23], Pids(table));
        Assert.Equal([0, 1, 2, 2, 3, 1], table.Rows.Select(static row => row.Depth));
        Assert.Equal([true, false, false, true, true, true], table.Rows.Select(static row => row.IsLastChild));
    }

    [Fact]
    public void What_is_folded_away_is_counted()
    {
        var tree = Tree().Process(20, parent: 10).Process(22, parent: 20).Process(23);

        var table = Make("PID", tree, tree, isTree: true, folded: 10);

        Assert.Equal([1, 10, 23], Pids(table));
        Assert.Equal(2, table.Rows[1].FoldedCount);
    }

    [Fact]
    public void Who_is_filtered_out_leaves_children_to_the_next_ancestor_shown()
    {
        var tree = Tree().Process(20, parent: 10, name: "other").Process(22, parent: 20);

        var table = Make("PID", tree, tree, isTree: true, filter: "name != other");

        Assert.Equal([1, 10, 22], Pids(table));
        Assert.Equal(2, table.Rows[2].Depth);
    }

    [Fact]
    public void Parents_in_a_circle_are_all_shown()
    {
        var tree = Tree().Process(20, parent: 21).Process(21, parent: 20).Process(22, parent: 22);

        Assert.Equal([1, 10, 20, 21, 22], Pids(Make("PID", tree, tree, isTree: true)).Order());
    }

    [Fact]
    public void A_filter_goes_by_rates_between_the_readings()
    {
        Assert.Equal([10], Pids(Make("PID", Tree(faults: 5000), Tree(faults: 4000), filter: "faults/s >= 1000")));
        Assert.Empty(Make("PID", Tree(faults: 5000), Tree(faults: 4000), filter: "faults/s > 1000").Rows);
    }

    [Fact]
    public void Kernel_threads_can_be_left_out_and_are_counted_all_the_same()
    {
        var tree = Tree().Process(2, parent: 0, name: "kthreadd", pages: 0, flags: 0x200000).Process(3, parent: 2, name: "kworker", pages: 0, flags: 0x200000);

        var table = Make("PID", tree, tree, hidesKernelThreads: true);

        Assert.Equal([1, 10], Pids(table));
        Assert.Equal((4, 2), (table.Counts.Total, table.KernelThreads));
    }

    [Theory]
    [InlineData("PSS", ProcessFiles.Rollup)]
    [InlineData("OOM", ProcessFiles.OomScore)]
    public void What_the_order_goes_by_is_read_of_all(string heading, ProcessFiles file)
    {
        var tree = Tree();
        foreach (var pid in (ReadOnlySpan<int>)[1, 10])
        {
            tree[$"/proc/{pid}/oom_score"] = $"{pid}\n";
            tree[$"/proc/{pid}/smaps_rollup"] = $"0-1 ---p 0 0:0 0 [rollup]\nPss: {pid} kB\n";
        }

        var table = Make(heading, tree, tree);

        Assert.Equal([10, 1], Pids(table));
        Assert.All(table.Rows, row => Assert.True(row.Record.Has(file)));
    }

    private static MemoryTree Tree(ulong ticks = 100, ulong faults = 100) =>
        new MemoryTree().Process(1, parent: 0, name: "init", pages: 1000).Process(10, name: "work", ticks: ticks, faults: faults, pages: 500);

    private static IEnumerable<int> Pids(ProcessTable table) => table.Rows.Select(static row => row.Pid);

    private static ProcessTable Make(
        string heading, MemoryTree now, MemoryTree? before, double seconds = 1, bool isTree = false, bool hidesKernelThreads = false, string filter = "", int folded = 0)
    {
        now["/proc/stat"] = "cpu  1 0 0 9\ncpu0 1 0 0 9\ncpu1 1 0 0 9\n";
        var column = ProcessColumns.Find(heading);
        var query = new ProcessQuery(
            column.Order, column.Files, column.IsDescending, isTree, hidesKernelThreads, filter.Length > 0 ? ProcessFilter.TryParse(filter, out _) : null);
        return ProcessTable.Make(TextScreen.Of(now, before, seconds).View, query, new SortedSet<int> { folded });
    }
}
