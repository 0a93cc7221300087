using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Sys;

/// <summary>Settings and counts in <c>/sys/kernel/mm/transparent_hugepage</c>: numbers, and words of which the chosen one stands in brackets.</summary>
/// <remarks>mm/huge_memory.c, mm/khugepaged.c, mm/shmem.c (facts: physical memory, 2.1 and 6.1).</remarks>
internal static class TransparentHugePageFiles
{
    private const string Directory = "/sys/kernel/mm/transparent_hugepage/";

    public static IEnumerable<ProcFile> Files()
    {
        yield return new(Directory + "hpage_pmd_size", FileModes.ReadAll, static (_, text) =>
            text.Number((ulong)PageGeometry.PageblockPages * PageGeometry.PageBytes).NewLine());
        for (var index = 0; index < TransparentHugePages.Settings.Count; index++)
        {
            var setting = index;
            yield return new(
                Directory + TransparentHugePages.Settings[setting].Path,
                FileModes.ReadAllWriteOwner,
                (machine, text) => Render(machine, setting, text),
                (machine, content) => machine.TrySetThp(setting, content) ? Errno.None : Errno.EINVAL);
        }

        for (var index = 0; index < TransparentHugePages.CountPaths.Count; index++)
        {
            var count = index;
            yield return new(
                Directory + TransparentHugePages.CountPaths[count],
                FileModes.ReadAll,
                (machine, text) => text.Number(machine.ThpSettings.CountOf(count)).NewLine());
        }
    }

    private static void Render(Machine machine, int setting, ProcText text)
    {
        var words = TransparentHugePages.Settings[setting].Words;
        var value = machine.ThpSettings[setting];
        if (words.Count == 0)
        {
            text.Number((ulong)value).NewLine();
            return;
        }

        for (var word = 0; word < words.Count; word++)
        {
            text.Literal(word == 0 ? ""u8 : " "u8);
            text.Text(word == value ? $"[{words[word]}]" : words[word]);
        }

        text.NewLine();
    }
}
