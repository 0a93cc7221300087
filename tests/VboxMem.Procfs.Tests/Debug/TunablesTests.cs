using VboxMem.FileTree;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Procfs.Tests.Debug;

public sealed class TunablesTests
{
    [Fact]
    public void Every_tunable_has_its_value_its_range_and_what_it_does()
    {
        using var box = Box.With();
        Assert.Equal(Errno.None, box.Write("/proc/sys/vm/swappiness", "17"));
        var rows = DebugTable.Of(box, "tunables", endsInText: true).Rows;
        Assert.Equal(VmSysctls.Files.Select(static file => file.Name), rows.Select(static row => row["name"]));
        foreach (var (row, file) in rows.Zip(VmSysctls.Files))
        {
            Assert.Equal(file.Description, row["description"]);
            Assert.Equal(file.WithoutEffect is null ? "1" : "0", row["acts"]);
            var read = box.Tree.TryRead("/proc/sys/vm/" + file.Name, out var content) == Errno.None ? System.Text.Encoding.ASCII.GetString(content.Span).Trim().Replace('\t', ',') : "";
            Assert.Equal(read.Length > 0 ? read : "-", row["value"]);
        }

        var swappiness = rows.Single(static row => row["name"] == "swappiness");
        Assert.Equal(("17", "0", "200", "0..200", "-", "1"), (swappiness["value"], swappiness["min"], swappiness["max"], swappiness["allowed"], swappiness["unit"], swappiness["acts"]));
        var soft = rows.Single(static row => row["name"] == "enable_soft_offline");
        Assert.Equal("0", soft["acts"]);
        Assert.EndsWith("Kept, acts on nothing here: memory never fails.", soft["description"], StringComparison.Ordinal);
        Assert.Equal("1/100-s", rows.Single(static row => row["name"] == "dirty_writeback_centisecs")["unit"]);
    }

    [Fact]
    public void The_ends_of_each_range_are_taken_and_what_lies_beyond_is_not()
    {
        using var box = Box.With();
        foreach (var row in DebugTable.Of(box, "tunables", endsInText: true).Rows)
        {
            Assert.True(SysctlTable.TryFind(row["name"], out var file));
            if (row["min"] == "-" || file.Kind is SysctlKind.ZoneVector or SysctlKind.Boolean) continue;
            Assert.True(Takes(file, Int128.Parse(row["min"])), $"{file.Name} {row["min"]}");
            Assert.True(Takes(file, Int128.Parse(row["max"])), $"{file.Name} {row["max"]}");
            Assert.False(Takes(file, Int128.Parse(row["min"]) - 1), $"{file.Name} below {row["min"]}");
            Assert.False(Takes(file, Int128.Parse(row["max"]) + 1), $"{file.Name} above {row["max"]}");
        }
    }

    private static bool Takes(SysctlFile file, Int128 number) => file.TryParse(System.Text.Encoding.ASCII.GetBytes(number.ToString()), out _);
}
