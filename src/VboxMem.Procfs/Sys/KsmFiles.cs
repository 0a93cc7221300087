using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Procfs.Sys;

/// <summary>The files of <c>/sys/kernel/mm/ksm</c>: settings, and counts of pages merged.</summary>
/// <remarks>mm/ksm.c (facts: virtual memory and tools, 3.9; captured as sys_kernel_mm).</remarks>
internal static class KsmFiles
{
    private const string Directory = "/sys/kernel/mm/ksm/";

    public static IEnumerable<ProcFile> Files()
    {
        for (var index = 0; index < KsmSettings.Settings.Count; index++)
        {
            var setting = index;
            yield return new(
                Directory + KsmSettings.Settings[setting].Name,
                FileModes.ReadAllWriteOwner,
                (machine, text) => Render(machine, setting, text),
                (machine, content) => machine.MmSettings.Ksm.TryWrite(setting, content) ? Errno.None : Errno.EINVAL);
        }

        foreach (var count in KsmSettings.Counts)
        {
            yield return new(Directory + count, FileModes.ReadAll, static (_, text) => text.Literal("0\n"u8));   // no memory is offered yet
        }
    }

    private static void Render(Machine machine, int setting, ProcText text)
    {
        var value = machine.MmSettings.Ksm[setting];
        if (KsmSettings.Settings[setting].Kind != KsmSettingKind.AdvisorMode)
        {
            text.Number(value).NewLine();
            return;
        }

        for (var mode = 0; mode < KsmSettings.AdvisorModes.Count; mode++)
        {
            text.Literal(mode == 0 ? ""u8 : " "u8);
            text.Text((ulong)mode == value ? $"[{KsmSettings.AdvisorModes[mode]}]" : KsmSettings.AdvisorModes[mode]);
        }

        text.NewLine();
    }
}
