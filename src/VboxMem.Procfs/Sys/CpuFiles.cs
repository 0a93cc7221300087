using VboxMem.Kernel;
using VboxMem.Procfs.Proc;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/devices/system/cpu</c>: which CPUs there are, and where in the machine each is.</summary>
/// <remarks>
/// drivers/base/cpu.c, drivers/base/topology.c. All CPUs are online from boot on; a node is a package, as in cpuinfo. Departs: a CPU cannot be
/// taken offline, so cpuN/online is read-only (the boot CPU has none on x86 either); cache, cpuidle, hotplug, power and vulnerabilities are absent, and so are the
/// links back from a node to its CPUs: whoever walks a copy of the tree through links would never come to an end.
/// </remarks>
internal static class CpuFiles
{
    private const string Directory = "/sys/devices/system/cpu/";

    public static IEnumerable<ProcFile> Files(int cpus)
    {
        foreach (var name in (string[])["enabled", "online", "possible", "present"])
        {
            yield return File(name, static (machine, text) => NodeList.RenderList(Members(machine, static (_, _) => true), text));
        }

        yield return File("isolated", static (_, text) => text.NewLine());
        yield return File("offline", static (_, text) => text.NewLine());
        yield return File("kernel_max", static (_, text) => text.Literal("8191\n"u8));   // NR_CPUS of Debian's build, less one
        yield return File("smt/active", static (_, text) => text.Literal("0\n"u8));
        yield return File("smt/control", static (_, text) => text.Literal("notsupported\n"u8));
        for (var cpu = 0; cpu < cpus; cpu++)
        {
            foreach (var file in FilesOf(cpu))
            {
                yield return file;
            }
        }
    }

    /// <summary>From each CPU to its node.</summary>
    public static IEnumerable<(string Path, string Target)> Links(Machine machine)
    {
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            var node = machine.Cpus.NodeOf(cpu);
            yield return ($"{Directory}cpu{cpu}/node{node}", $"../../node/node{node}");
        }
    }

    private static IEnumerable<ProcFile> FilesOf(int cpu)
    {
        var directory = $"cpu{cpu}/";
        if (cpu > 0)
        {
            yield return File(directory + "online", static (_, text) => text.Literal("1\n"u8));
        }

        directory += "topology/";
        yield return File(directory + "physical_package_id", (machine, text) => text.Number((long)machine.Cpus.NodeOf(cpu)).NewLine());
        yield return File(directory + "die_id", static (_, text) => text.Literal("0\n"u8));
        yield return File(directory + "core_id", (machine, text) => text.Number((long)Cpuinfo.CoreOf(machine, cpu)).NewLine());
        foreach (var name in (string[])["core_cpus", "thread_siblings"])
        {
            foreach (var file in Set(directory + name, (_, other) => other == cpu))
            {
                yield return file;
            }
        }

        foreach (var name in (string[])["core_siblings", "die_cpus", "package_cpus"])
        {
            foreach (var file in Set(directory + name, (machine, other) => machine.Cpus.NodeOf(other) == machine.Cpus.NodeOf(cpu)))
            {
                yield return file;
            }
        }
    }

    private static IEnumerable<ProcFile> Set(string name, Func<Machine, int, bool> isMember)
    {
        yield return File(name, (machine, text) => NodeList.RenderMask(Members(machine, isMember), text));
        yield return File(name + "_list", (machine, text) => NodeList.RenderList(Members(machine, isMember), text));
    }

    private static bool[] Members(Machine machine, Func<Machine, int, bool> isMember)
    {
        var members = new bool[machine.Cpus.Count];
        for (var cpu = 0; cpu < members.Length; cpu++)
        {
            members[cpu] = isMember(machine, cpu);
        }

        return members;
    }

    private static ProcFile File(string name, FileRenderer render) => new(Directory + name, FileModes.ReadAll, render);
}
