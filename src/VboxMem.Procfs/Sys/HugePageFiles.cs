using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/kernel/mm/hugepages/hugepages-2048kB</c>: the pool of the one size this CPU has.</summary>
/// <remarks>mm/hugetlb.c (facts: physical memory, 6.2). A pool's size is the same figure as the sysctl of that name, and set through it.</remarks>
internal static class HugePageFiles
{
    private const string Directory = "/sys/kernel/mm/hugepages/hugepages-2048kB/";

    public static IEnumerable<ProcFile> Files()
    {
        yield return new(Directory + "free_hugepages", FileModes.ReadAll, static (machine, text) =>
            text.Number(MemoryInfo.Of(machine).HugeTlbCount).NewLine());
        yield return Tunable("nr_hugepages");
        yield return Tunable("nr_hugepages_mempolicy");
        yield return Tunable("nr_overcommit_hugepages");

        // Nothing maps huge pages yet: none is reserved, and none was allocated beyond the pool.
        yield return new(Directory + "resv_hugepages", FileModes.ReadAll, static (_, text) => text.Literal("0\n"u8));
        yield return new(Directory + "surplus_hugepages", FileModes.ReadAll, static (_, text) => text.Literal("0\n"u8));
    }

    private static ProcFile Tunable(string name) => new(
        Directory + name,
        FileModes.ReadAllWriteOwner,
        (machine, text) => text.Literal(machine.Sysctls.Read(name)),
        (machine, content) => Write(machine, name, content));

    /// <summary>sysfs is stricter than sysctl: decimal digits, a plus at most before them, one newline at most behind them (kstrtoul).</summary>
    private static Errno Write(Machine machine, string name, ReadOnlySpan<byte> content)
    {
        if (content is [.., (byte)'\n'])
        {
            content = content[..^1];
        }

        if (content is [(byte)'+', ..])
        {
            content = content[1..];
        }

        if (!ulong.TryParse(content, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return Errno.EINVAL;
        }

        var digits = Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture));
        return machine.Sysctls.Write(name, digits) == SysctlResult.Done ? Errno.None : Errno.EINVAL;
    }
}
