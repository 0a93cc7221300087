using System.Numerics;
using VboxMem.Kernel;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/cpuinfo</c>: a block a CPU, each followed by an empty line.</summary>
/// <remarks>
/// arch/x86/kernel/cpu/proc.c: show_cpuinfo (facts: virtual memory and tools, 6.6). Model name and clock come from the machine's
/// description; everything else is a constant of the modelled CPU, the one of the captured machines: QEMU's qemu64 without cx16,
/// an AMD of family 15, model 107, stepping 1, that cannot map 1 GiB pages. A node is a package. Departs: no capture has the file;
/// flags, bugs, cache and TLB are what such a CPU reports, and the two flags of several cores are there with one core too.
/// </remarks>
public static class Cpuinfo
{
    private const string Flags =
        "fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx lm "
        + "rep_good nopl cpuid extd_apicid pni hypervisor lahf_lm cmp_legacy svm 3dnowprefetch vmmcall";

    private const string Bugs = "fxsave_leak sysret_ss_attrs null_seg swapgs_fence amd_e400 spectre_v1 spectre_v2";

    public static void Render(Machine machine, ProcText text)
    {
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            RenderModel(machine, cpu, text);
            RenderTopology(machine, cpu, text);
            RenderFeatures(machine, text);
        }
    }

    /// <summary>Index of a CPU in its package.</summary>
    internal static int CoreOf(Machine machine, int cpu) => PlaceOf(machine, cpu).Core;

    private static void RenderModel(Machine machine, int cpu, ProcText text)
    {
        var kilohertz = machine.Configuration.CpuKilohertz;
        text.Literal("processor\t: "u8).Number((long)cpu);
        text.Literal("\nvendor_id\t: AuthenticAMD\ncpu family\t: 15\nmodel\t\t: 107\nmodel name\t: "u8).Text(machine.Configuration.CpuModelName);
        text.Literal("\nstepping\t: 1\nmicrocode\t: 0x1000065\ncpu MHz\t\t: "u8).Number((long)(kilohertz / 1000)).Literal("."u8);
        text.Number((long)(kilohertz / 100 % 10)).Number((long)(kilohertz / 10 % 10)).Number((long)(kilohertz % 10));
        text.Literal("\ncache size\t: 512 KB\n"u8);
    }

    private static void RenderTopology(Machine machine, int cpu, ProcText text)
    {
        var package = machine.Cpus.NodeOf(cpu);
        var (core, cores, mostCores) = PlaceOf(machine, cpu);
        var apicId = ((long)package << BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)mostCores))) + core;
        text.Literal("physical id\t: "u8).Number((long)package);
        text.Literal("\nsiblings\t: "u8).Number((long)cores);
        text.Literal("\ncore id\t\t: "u8).Number((long)core);
        text.Literal("\ncpu cores\t: "u8).Number((long)cores);
        text.Literal("\napicid\t\t: "u8).Number(apicId);
        text.Literal("\ninitial apicid\t: "u8).Number(apicId).NewLine();
    }

    private static void RenderFeatures(Machine machine, ProcText text)
    {
        text.Literal("fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 13\nwp\t\t: yes\nflags\t\t: "u8).Text(Flags);
        text.Literal(machine.Configuration.PageTableLevels == 5 ? " la57"u8 : ""u8);   // cleared where the kernel does not use it
        text.Literal("\nbugs\t\t: "u8).Text(Bugs);

        // Two "bogus instructions" a cycle: what the delay loop comes to when it is calibrated from the clock.
        text.Literal("\nbogomips\t: "u8).Hundredths((ulong)machine.Configuration.CpuKilohertz * 2 / 10);
        text.Literal("\nTLB size\t: 1024 4K pages\nclflush size\t: 64\ncache_alignment\t: 64\n"u8);
        text.Literal("address sizes\t: 40 bits physical, "u8).Number(machine.Configuration.HasLa57 ? 57L : 48L);
        text.Literal(" bits virtual\npower management:\n\n"u8);
    }

    /// <summary>Index of a CPU in its package, CPUs of the package, and of the largest package.</summary>
    private static (int Core, int Cores, int MostCores) PlaceOf(Machine machine, int cpu)
    {
        Span<int> cores = stackalloc int[machine.Nodes.Length];
        var core = 0;
        for (var other = 0; other < machine.Cpus.Count; other++)
        {
            core = other == cpu ? cores[machine.Cpus.NodeOf(cpu)] : core;
            cores[machine.Cpus.NodeOf(other)]++;
        }

        var most = 0;
        foreach (var count in cores)
        {
            most = Math.Max(most, count);
        }

        return (core, cores[machine.Cpus.NodeOf(cpu)], most);
    }
}
