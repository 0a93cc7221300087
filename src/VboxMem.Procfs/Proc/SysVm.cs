using VboxMem.FileTree;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Procfs.Proc;

/// <summary>The files of <c>/proc/sys/vm</c>: text and effect are the kernel's (VmSysctls), names and modes those of SysctlTable.</summary>
/// <remarks>
/// Departs: on Linux reading lowmem_reserve_ratio works the zones' reserves out anew, and reading stat_refresh folds the CPUs'
/// counters; here reading changes nothing, and only a write does either.
/// </remarks>
internal static class SysVm
{
    private const string Directory = "/proc/sys/vm/";

    public static IEnumerable<ProcFile> Files()
    {
        foreach (var file in VmSysctls.Files)
        {
            var name = file.Name;
            yield return new ProcFile(
                Directory + name,
                file.Mode,
                (machine, text) => text.Literal(machine.Sysctls.Read(name)),
                (machine, content) => machine.Sysctls.Write(name, content) switch
                {
                    SysctlResult.Done => Errno.None,
                    SysctlResult.Invalid => Errno.EINVAL,
                    _ => Errno.ENOENT,
                });
        }
    }
}
