namespace VboxMem.Tools.Tests.Sysctl;

/// <summary>sysctl against the real sysctl. Each command works on the tree as the commands before it left it.</summary>
public sealed class SysctlComparisonTests
{
    private static ProcTree Box()
    {
        var tree = new ProcTree();
        foreach (var line in ProcTree.Capture("ram-1g", "sysctl_vm")!.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(" = ", 2);
            tree.Add("proc/sys/" + parts[0].Replace('.', '/'), parts[1] + "\n");
        }

        return tree.Add("proc/sys/kernel/multi", "a\nb\n").Add("proc/sys/kernel/empty", "").Add("proc/sys/kernel/noeol", "noeol")
            .Add("proc/sys/kernel/eq", "with = sign\n").Add("proc/sys/kernel/nl", "\n").Add("proc/sys/kernel/blank", "a\n\nb\n")
            .Add("proc/sys/kernel/random/uuid", "x\n").Add("proc/sys/kernel/sched", "1\t2\n")
            .Add("proc/sys/net/ipv4/conf/eth0.100/arp_filter", "1\n").Add("proc/sys/net/ipv4/neigh/base_reachable_time", "30\n")
            .Add("proc/sys/net/ipv4/neigh/retrans_time", "30\n").Add("proc/sys/net/ipv4/neigh/app", "30\n").AddDirectory("proc/sys/fs");
    }

    private static readonly string[] Reads =
    [
        "sysctl vm.swappiness", "sysctl vm/swappiness", "sysctl -n vm.swappiness", "sysctl -N vm.swappiness", "sysctl -b vm.swappiness",
        "sysctl -e vm.swappiness vm.nosuch", "sysctl vm.nosuch", "sysctl vm.nosuch vm.swappiness", "sysctl vm.nosuch vm.nosuch2 kernel.nosuch3",
        "sysctl -q vm.swappiness", "sysctl -q vm.nosuch", "sysctl -e vm.nosuch", "sysctl vm", "sysctl -n vm", "sysctl -N vm", "sysctl vm/", "sysctl vm.",
        "sysctl kernel", "sysctl -n kernel", "sysctl -b kernel", "sysctl fs", "sysctl -a", "sysctl -A", "sysctl -X -n", "sysctl -a vm.swappiness",
        "sysctl -aN", "sysctl -aq", "sysctl -ae", "sysctl --all --values", "sysctl -a --deprecated", "sysctl -a -r swap", "sysctl -ar ^vm[.]dirty",
        "sysctl -a --pattern (bytes|ratio)$", "sysctl -r swap vm.swappiness", "sysctl -r nosw vm.swappiness", "sysctl --pattern ( vm.swappiness",
        "sysctl net.ipv4.conf.eth0/100.arp_filter", "sysctl net/ipv4/conf/eth0.100/arp_filter", "sysctl net.ipv4.conf.eth0.100.arp_filter",
        "sysctl net", "sysctl net.ipv4.neigh", "sysctl net.ipv4.neigh.retrans_time", "sysctl kernel.multi", "sysctl -n kernel.multi", "sysctl -b kernel.multi",
        "sysctl kernel.empty", "sysctl -n kernel.empty", "sysctl -N kernel.empty", "sysctl kernel.noeol", "sysctl -n kernel.noeol", "sysctl kernel.nl",
        "sysctl -b kernel.nl", "sysctl kernel.blank", "sysctl -n kernel.blank", "sysctl -b kernel.blank", "sysctl kernel.eq", "sysctl vm.lowmem_reserve_ratio",
        "sysctl vm.swap*", "sysctl ''", "sysctl -- vm.swappiness", "sysctl ·vm.swappiness", "sysctl vm.swappiness.", "sysctl vm..swappiness",
        "sysctl vm.swappiness.x", "sysctl vm.swappiness kernel.nosuch vm.page-cluster", "sysctl ../meminfo", "sysctl vm/../vm/swappiness",
        "sysctl /proc/sys/vm/swappiness", "sysctl kernel/random/uuid kernel.random", "sysctl vm.swappiness/", "sysctl nosuch", "sysctl vm//swappiness",
    ];

    private static readonly string[] Writes =
    [
        "sysctl vm.swappiness=70", "sysctl vm.swappiness", "sysctl -w vm.swappiness=71", "sysctl -w vm.swappiness = 71", "sysctl vm.swappiness·=·72",
        "sysctl -q -w vm.swappiness=73", "sysctl vm.swappiness", "sysctl -n -w vm.swappiness=74", "sysctl -N -w vm.swappiness=74", "sysctl -b vm.swappiness=5",
        "sysctl -w vm.nosuch=1", "sysctl vm.nosuch=1", "sysctl -e vm.nosuch=1", "sysctl -q vm.nosuch=1", "sysctl -w vm.nosuch=1 -e", "sysctl -w =1",
        "sysctl -w vm=1", "sysctl vm.swappiness=", "sysctl vm.swappiness==3", "sysctl vm.swappiness=··5·6·", "sysctl vm/swappiness=7", "sysctl -w vm/page-cluster=7",
        "sysctl net.ipv4.conf.eth0/100.arp_filter=2", "sysctl -w vm.swappiness=1 vm.nosuch=2 vm.dirty_ratio=3", "sysctl -e -w vm.swappiness=1 vm.nosuch=2 vm.dirty_ratio=3",
        "sysctl --dry-run vm.swappiness=55", "sysctl vm.swappiness", "sysctl --dry-run -q vm.swappiness=55", "sysctl -- -vm.swappiness=8", "sysctl -w -- -vm.nosuch=8",
        "sysctl -w vm.swappiness", "sysctl -wq vm.swappiness", "sysctl -w x", "sysctl -w ''", "sysctl -w a=", "sysctl =", "sysctl -w vm.swappiness=9 vm.swappiness",
        "sysctl vm.swappiness vm.swappiness=10 vm.swappiness", "sysctl vm..swappiness=11",
    ];

    [RealToolFact]
    public void Reading_looks_the_same()
    {
        using var tree = Box();
        var commands = Reads.Select(Comparison.Split).ToArray();
        Comparison.Check(commands, RealTools.RunOrdered(tree, commands), command => Ours.Run(tree.Tree, RealTools.Version, command));
    }

    [RealToolFact]
    public void Setting_looks_the_same()
    {
        using var tree = Box();
        var commands = Writes.Select(Comparison.Split).ToArray();
        var box = new WritableTree(tree.Tree);
        Comparison.Check(commands, RealTools.RunOrdered(tree, commands), command => Ours.Run(box, RealTools.Version, command));
    }

    [RealToolFact]
    public void Permissions_are_heeded_the_same()
    {
        using var tree = Box();
        Shell.Run($"chmod 200 '{tree.Root}/proc/sys/vm/laptop_mode'; chmod 444 '{tree.Root}/proc/sys/vm/stat_interval'");
        string[][] commands =
        [
            ["sysctl", "vm.laptop_mode"], ["sysctl", "-n", "vm.laptop_mode"], ["sysctl", "-a"], ["sysctl", "-N", "vm.laptop_mode"],
            ["sysctl", "vm.stat_interval=3"], ["sysctl", "-n", "vm/stat_interval=3"], ["sysctl", "-e", "vm.stat_interval=3"], ["sysctl", "vm/dirty_ratio/=3"],
        ];
        Comparison.Check(commands, RealTools.RunOrdered(tree, commands), command => Ours.Run(tree.Tree, RealTools.Version, command));
    }

    [RealToolFact]
    public void A_read_only_tree_refuses_the_same()
    {
        using var tree = Box();
        string[] lines =
        [
            "sysctl vm.swappiness=1", "sysctl -q vm.swappiness=1", "sysctl -e vm.swappiness=1", "sysctl -n vm/swappiness=1", "sysctl --dry-run vm.swappiness=1",
            "sysctl -w -- -vm.swappiness=8", "sysctl -w vm.swappiness=1 vm.dirty_ratio=2", "sysctl vm.swappiness",
        ];
        var commands = lines.Select(Comparison.Split).ToArray();
        var real = RealTools.RunOrdered(tree, commands, afterwards: "mount -o remount,ro,bind /proc");
        Comparison.Check(commands, real, command => Ours.Run(tree.Tree, RealTools.Version, command));
    }

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same()
    {
        using var tree = Box();
        string[] lines =
        [
            "sysctl -V", "sysctl --version", "sysctl", "sysctl -w", "sysctl -x", "sysctl -wn", "sysctl --nosuch", "sysctl -Z", "sysctl --v vm.swappiness",
            "sysctl --n vm.swappiness", "sysctl --name --values vm.swappiness", "sysctl --de vm.swappiness", "sysctl --d vm.swappiness", "sysctl -r",
            "sysctl -N -q vm.swappiness", "sysctl --write vm.swappiness=2", "sysctl -o -n vm.swappiness", "sysctl --all=1", "sysctl -d", "sysctl -h vm",
            "sysctl -n -V", "sysctl --binary vm.swappiness vm.dirty_ratio", "sysctl -e", "sysctl --names",
        ];
        var commands = lines.Select(Comparison.Split).ToArray();
        var box = new WritableTree(tree.Tree);
        Comparison.Check(commands, RealTools.RunOrdered(tree, commands), command => Ours.Run(box, RealTools.Version, command));
    }

    [RealToolFact]
    public void A_box_without_parameters_is_reported_the_same()
    {
        using var tree = new ProcTree();
        Comparison.OnTree(tree, "sysctl -a", "sysctl vm.swappiness", "sysctl vm", "sysctl vm.swappiness=1");
    }
}
