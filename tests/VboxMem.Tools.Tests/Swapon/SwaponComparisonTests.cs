namespace VboxMem.Tools.Tests.Swapon;

/// <summary>swapon against the real swapon.</summary>
public sealed class SwaponComparisonTests
{
    private const string Heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    private static readonly string[] Forms =
    [
        "swapon", "swapon --show", "swapon -s", "swapon --summary", "swapon --bytes", "swapon --show --bytes", "swapon --show --noheadings", "swapon --show --raw", "swapon --raw --bytes",
        "swapon --show=NAME,SIZE,USED", "swapon --show=name,prio --raw --noheadings", "swapon --output-all", "swapon --output-all --raw", "swapon --show=LABEL,NAME", "swapon --show=UUID,LABEL,TYPE --raw",
        "swapon --show=SIZE,SIZE", "swapon -v", "swapon --show=PRIO,NAME --bytes", "swapon --show --output-all --bytes --noheadings",
    ];

    private static ProcTree WithSwaps(string rows) => new ProcTree().Add("proc/swaps", rows).Add("proc/filesystems", "nodev\tproc\n");

    [RealToolFact]
    public void Areas_of_all_kinds_and_sizes_look_the_same()
    {
        string[] tables =
        [
            Heading + "/dev/vdb                                partition\t1048572\t\t12345\t\t-2\n",
            Heading + "/dev/vdb                                partition\t1048572\t\t12345\t\t-2\n/swap\\040file\\040(deleted)               file\t\t20971520\t1024\t\t5\n/dev/dm-0                               partition\t1\t\t0\t\t32767\n"
                + "/a/very/long/path/name/that/exceeds/forty/characters/swap file\t\t99999999999\t10000000\t-3\n",
            Heading + "/dev/vdb partition 1023 0 0\n/dev/vdc partition 1024 51 -1\n/dev/vdd partition 1536 52 -1\n/dev/vde partition 9999999 10000000 100\n/dev/vdf partition 18014398509481983 1048575 1\n",
            Heading + "/dev/tab\\011back\\134slash partition 4 4 0\n/dev/\\303\\251t file 8 8 0\n/x\\x41 file 1 1 1\n",
            Heading,
            "",
        ];
        foreach (var table in tables)
        {
            using var tree = WithSwaps(table);
            Comparison.OnTree(tree, Forms);
        }
    }

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same()
    {
        using var tree = WithSwaps(Heading + "/dev/vdb partition 1048572 12345 -2\n");
        Comparison.OnTree(tree,
            "swapon -V", "swapon --version", "swapon -Z", "swapon --nosuch", "swapon --show=foo", "swapon --show=", "swapon --show=NAME,,SIZE", "swapon --show=+UUID", "swapon --show=NAME,",
            "swapon --show NAME", "swapon -s foo", "swapon --summary --show=foo", "swapon --output=NAME", "swapon --no", "swapon --s", "swapon --sh", "swapon --b", "swapon --show=0", "swapon -sZ");
    }
}
