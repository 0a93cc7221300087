using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Procfs.Sys;

/// <summary>Small settings under <c>/sys/kernel/mm</c>.</summary>
/// <remarks>mm/swap_state.c, mm/memory-tiers.c, mm/mempolicy.c, mm/vmscan.c (captured as sys_kernel_mm).</remarks>
internal static class MmSettingFiles
{
    private const string Directory = "/sys/kernel/mm/";

    public static IEnumerable<ProcFile> Files(int nodes)
    {
        yield return new(
            Directory + "swap/vma_ra_enabled",
            FileModes.ReadAllWriteOwner,
            static (machine, text) => Bool(text, machine.MmSettings.SwapReadaheadByArea),
            static (machine, content) => TrySet(content, value => machine.MmSettings.SwapReadaheadByArea = value));
        yield return new(
            Directory + "numa/demotion_enabled",
            FileModes.ReadAllWriteOwner,
            static (machine, text) => Bool(text, machine.MmSettings.DemotionEnabled),
            static (machine, content) => TrySet(content, value => machine.MmSettings.DemotionEnabled = value));
        for (var index = 0; index < nodes; index++)
        {
            var node = index;
            yield return new(
                Directory + $"mempolicy/weighted_interleave/node{node}",
                FileModes.ReadAllWriteOwner,
                (machine, text) => text.Number((ulong)machine.MmSettings.InterleaveWeights[node]).NewLine(),
                (machine, content) => machine.MmSettings.TrySetInterleaveWeight(node, content) ? Errno.None : Errno.EINVAL);
        }

        // Departs: read-only. The box runs the classic LRU; the multi-generational one cannot be switched on.
        yield return new(Directory + "lru_gen/enabled", FileModes.ReadAll, static (_, text) => text.Literal("0x0000\n"u8));
        yield return new(
            Directory + "lru_gen/min_ttl_ms",
            FileModes.ReadAllWriteOwner,
            static (machine, text) => text.Number((ulong)machine.MmSettings.MinTtlMilliseconds).NewLine(),
            static (machine, content) => machine.MmSettings.TrySetMinTtl(content) ? Errno.None : Errno.EINVAL);
    }

    private static void Bool(ProcText text, bool value) => text.Literal(value ? "true\n"u8 : "false\n"u8);

    private static Errno TrySet(ReadOnlySpan<byte> content, Action<bool> set)
    {
        if (!MmSettings.TryParseBool(content, out var value))
        {
            return Errno.EINVAL;
        }

        set(value);
        return Errno.None;
    }
}
