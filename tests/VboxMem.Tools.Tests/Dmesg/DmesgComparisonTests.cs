namespace VboxMem.Tools.Tests.Dmesg;

/// <summary>dmesg against the real dmesg, which reads the same records from a pipe that stands in for /dev/kmsg.</summary>
public sealed class DmesgComparisonTests
{
    /// <summary>Every facility and level, long and short times, several lines, and bytes of all kinds.</summary>
    private const string OddLog =
        "6,0,0,-;Linux version 6.12\n6,1,1500,-;a\\x09tab, \\x5c backslash, \\xc3\\xa9, \\x1b[31mred\n4,2,5123456,c;multi\\x0aline\\x0a third\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00\n"
        + "3,3,5123456,+;err\n30,4,6000000,-;systemd[1]: daemon info\n10,5,6000001,-;user crit\n50,6,6000002,-;lpr\n58,7,60000000,-;news\n66,8,60000010,-;uucp\n74,9,61000000,-;cron\n"
        + "82,10,72500000,-;authpriv\n90,11,125000000,-;ftp\n98,12,3600000000,-;twelve has no name\n106,13,3600000001,-;thirteen is not known\n255,14,3600000002,-;nor is 31\n"
        + "6,15,3600000003,-;  leading, trailing   \n6,16,3600000003,-;\n6,17,3600000003,-;ends in a line feed\\x0a\n6,18,3600000003,-;two\\x0a\\x0alines\\x0a\\x0a\n6,19,3600000003,-;\\x0afirst empty\n"
        + "6,20,3600000003,-;bell\\x07 del\\x7f return\\x0d quote\" \\\\x41 \\x4 \\xzz nul\\x00after\n6,21,3600000004,-,caller=T1;caller\n12,22,123456000001,-;bash[123]: hi\n0,23,123456100001,-;emerg\n"
        + "1,24,123456200001,-;alert\n5,25,123456200002,-;notice\n7,26,1234567890100001,-;debug far away\n6,27,1234567890100000,-;time runs backwards\n6,28,1234567890100009,-;[    1.000000] <6>text\n";

    [RealToolFact]
    public void An_odd_log_looks_the_same_in_every_form()
    {
        using var tree = DmesgComparison.WithHostsBootTime(new ProcTree().Add("dev/kmsg", OddLog));
        DmesgComparison.OnTree(tree, DmesgComparison.Figures);
    }

    [RealToolFact]
    public void Real_messages_look_the_same()
    {
        using var tree = DmesgComparison.WithHostsBootTime(new ProcTree().Add("dev/kmsg", OomLog.Records));
        DmesgComparison.OnTree(tree, DmesgComparison.Figures);
    }

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same()
    {
        using var tree = DmesgComparison.WithHostsBootTime(new ProcTree().Add("dev/kmsg", OddLog));
        DmesgComparison.OnTree(tree,
            "dmesg x", "dmesg -Z", "dmesg --nosuch", "dmesg --no", "dmesg -V", "dmesg --version", "dmesg -l foo", "dmesg -l err,", "dmesg -l ,", "dmesg -l ,err", "dmesg -l err,,info",
            "dmesg -l ''", "dmesg -f ''", "dmesg -f 0", "dmesg -f 12", "dmesg -f kern,foo", "dmesg -l ERR", "dmesg -l warning", "dmesg -l 9", "dmesg -l -1", "dmesg -l err+", "dmesg -l",
            "dmesg -rx", "dmesg -xr", "dmesg -rt", "dmesg -rd", "dmesg -rT", "dmesg -re", "dmesg -rH", "dmesg -rL", "dmesg -c -C", "dmesg -n err -c", "dmesg -r -C", "dmesg -D -E",
            "dmesg --time-format foo", "dmesg -Lfoo", "dmesg -s x", "dmesg -s -5", "dmesg -n foo", "dmesg -n 9", "dmesg -J -l emerg -f user", "dmesg --kern", "dmesg --dec -l err", "dmesg -s");
    }
}
