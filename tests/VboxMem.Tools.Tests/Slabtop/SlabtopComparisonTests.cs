namespace VboxMem.Tools.Tests.Slabtop;

/// <summary>slabtop and vmstat -m against the real ones.</summary>
public sealed class SlabtopComparisonTests
{
    private const string Header =
        "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> "
        + "<batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n";

    private static readonly string[] EveryOrder =
    [
        "slabtop -o", "slabtop -o -s o", "slabtop -o -s a", "slabtop -o -s c", "slabtop -o -s l", "slabtop -o -s v", "slabtop -o -s p",
        "slabtop -o -s s", "slabtop -o -s b", "slabtop -o -s u", "slabtop -o -s n", "slabtop -o -s x", "slabtop -o -s C", "slabtop -o -s nx",
        "slabtop --once --sort=n", "slabtop -os c", "slabtop --on --so u", "slabtop -s '' -o", "vmstat -m",
    ];

    private static string Cache(string name, long active, long total, long size, long perSlab, long pages, long activeSlabs, long slabs) =>
        $"{name,-17} {active,6} {total,6} {size,6} {perSlab,4} {pages,4} : tunables    0    0    0 : slabdata {activeSlabs,6} {slabs,6}      0\n";

    [RealToolFact]
    public void Every_captured_machine_looks_the_same_in_every_order()
    {
        foreach (var capture in new[] { "ram-1g", "ram-8g", "numa-1g-1g", "cpus-8-1g", "swapleak-60" })
        {
            using var tree = ProcTree.OfCapture(capture);
            Comparison.OnTree(tree, EveryOrder);
        }
    }

    [RealToolFact]
    public void Odd_caches_look_the_same()
    {
        string[] files =
        [
            Header,                                                                       // no cache at all: 0/0
            "slabinfo - version: 2.1\n",
            Header + Cache("empty", 0, 0, 1024, 16, 4, 0, 0),
            Header + Cache("a-name-of-thirty-characters-xx", 5, 10, 24, 170, 1, 1, 1) + Cache("exactly-twenty-three-ch", 1, 1, 8, 1, 1, 1, 1)
                + Cache("exactly-24-characters-xx", 1, 1, 8, 1, 1, 1, 1),
            Header + Cache(":a-0000(1:b)/odd,name=x;\"q\"%s", 1, 3, 100, 40, 1, 1, 1),
            Header + Cache("big", 3999999999, 4000000000, 4096, 8, 8, 1, 1),
            Header + Cache("wide", 1234567, 12345678, 123456789, 123456789, 9, 1234567, 12345678),
            Header + Cache("tie", 1, 8, 512, 8, 1, 1, 1) + Cache("ties", 1, 16, 1280, 3, 1, 1, 1),  // 12.5 %, 6.25 %: ties of the rounding
            Header + Cache("over", 9, 3, 100, 40, 1, 2, 1),
            Header + Cache("b", 1, 1, 1, 1, 1, 1, 1) + Cache("a", 1, 1, 1, 1, 1, 1, 1) + Cache("a", 2, 2, 2, 2, 2, 2, 2) + Cache("B", 1, 1, 1, 1, 1, 1, 1),
        ];
        foreach (var file in files)
        {
            using var tree = ProcTree.OfCapture("ram-1g").Add("proc/slabinfo", file);
            Comparison.OnTree(tree, "slabtop -o", "slabtop -o -s n", "slabtop -o -s u", "slabtop -o -s c", "vmstat -m");
        }
    }

    [RealToolFact]
    public void Use_is_rounded_the_same_for_every_small_ratio()
    {
        var text = new System.Text.StringBuilder(Header);
        for (var total = 1; total <= 120; total++)
        {
            for (var active = 0; active <= total; active++) text.Append(Cache($"c{active}_{total}", active, total, 8, 1, 1, 1, 1));
        }

        using var tree = new ProcTree().Add("proc/slabinfo", text.ToString());
        Comparison.OnTree(tree, "slabtop -o -s n", "slabtop -o -s u");
    }

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same()
    {
        using var tree = ProcTree.OfCapture("ram-1g");
        Comparison.OnTree(tree,
            "slabtop -V", "slabtop --version", "slabtop -x", "slabtop foo", "slabtop -o foo", "slabtop --human", "slabtop -o -d", "slabtop -d 0 -o",
            "slabtop -d x -o", "slabtop -d 5 -o", "slabtop -o -d 5", "slabtop -d -1 -o", "slabtop -d 1.5 -o", "slabtop -d 5x -o", "slabtop -o -s",
            "slabtop -d 99999999999999999999 -o", "slabtop --o=1", "slabtop -o --");
    }

    [RealToolFact]
    public void A_missing_or_empty_slabinfo_is_reported_the_same()
    {
        using var tree = ProcTree.OfCapture("ram-1g").Remove("proc/slabinfo");
        Comparison.OnTree(tree, "slabtop -o", "vmstat -m");
        // Of an empty one slabtop gives whatever errno was left over from before: not comparable.
        Comparison.OnTree(tree.Add("proc/slabinfo", ""), "vmstat -m");
    }
}
