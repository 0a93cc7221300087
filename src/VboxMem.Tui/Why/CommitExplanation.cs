// How much memory may be promised.
//
// Models   Linux 6.12 mm/util.c: vm_commit_limit, __vm_enough_memory.
// Units    kB; the kernel counts pages.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Why;

internal static class CommitExplanation
{
    private const long PageKilobytes = 4;

    public static void Write(Prose prose, CounterFigures figures, ScreenView view)
    {
        prose.Heading("How CommitLimit comes about, kB");
        var (ratio, fixedKilobytes) = (Setting(view.Now, "overcommit_ratio"), Setting(view.Now, "overcommit_kbytes"));
        var (total, hugetlb, swap) = (Value(figures, "MemTotal"), Value(figures, "Hugetlb"), Value(figures, "SwapTotal"));
        if (ratio is null || fixedKilobytes is null)
        {
            prose.Say($"/proc/sys/vm/overcommit_ratio or overcommit_kbytes is missing.");
        }
        else if (fixedKilobytes > 0)
        {
            prose.Sum("CommitLimit", new SumTerm(fixedKilobytes.Value / PageKilobytes * PageKilobytes, "vm.overcommit_kbytes"), new SumTerm(swap, "SwapTotal"));
        }
        else
        {
            var share = (total - hugetlb) / PageKilobytes * ratio.Value / 100 * PageKilobytes;
            prose.Sum("CommitLimit", new SumTerm(share, $"(MemTotal {total} - Hugetlb {hugetlb}) x vm.overcommit_ratio {ratio} / 100, whole pages"), new SumTerm(swap, "SwapTotal"));
        }

        var words = Setting(view.Now, "overcommit_memory") switch
        {
            0 => "only a single request that is larger than all memory and swap is refused. The limit is only printed.",
            1 => "nothing is refused. The limit is only printed.",
            2 => "a request that takes Committed_AS above the limit is refused.",
            _ => "",
        };
        if (words.Length > 0) prose.Say($"vm.overcommit_memory is {Setting(view.Now, "overcommit_memory") ?? 0}: {words:t}");
    }

    private static long Value(CounterFigures figures, string name) => (long)(figures.Find(name) ?? 0);

    private static long? Setting(Reading reading, string name)
    {
        var text = reading.Load<string>("/proc/sys/vm/" + name, static (content, _) => Encoding.UTF8.GetString(content)).Value;
        return long.TryParse(text, NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}
