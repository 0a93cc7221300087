// What maps, smaps, numa_maps, pagemap and status say of one process at one moment must be the same.

using System.Globalization;
using System.Text.RegularExpressions;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Pid;

internal static class MemoryAgreement
{
    /// <summary>Compares them area by area.</summary>
    /// <returns>Pages in memory, pages in swap, and pages that are not the process's alone.</returns>
    public static (ulong Resident, ulong Swapped, ulong Shared) Check(Box box, Process task)
    {
        var maps = Lines(box.Read(task, "maps"));
        var blocks = Regex.Split(box.Read(task, "smaps"), "(?m)^(?=[0-9a-f]+-[0-9a-f]+ )").Where(static block => block.Length > 0).ToArray();
        var nodes = Lines(box.Read(task, "numa_maps"));
        Assert.Equal(maps.Length, blocks.Length);
        Assert.Equal(maps.Length, nodes.Length);
        var sums = (Resident: 0UL, Swapped: 0UL, Shared: 0UL);
        for (var i = 0; i < maps.Length; i++)
        {
            if (maps[i].EndsWith("[vvar]", StringComparison.Ordinal) || maps[i].EndsWith("[vdso]", StringComparison.Ordinal))
            {
                continue;   // the kernel's own frames are nobody's pages
            }

            var area = CheckArea(box, task, maps[i], blocks[i], nodes[i]);
            sums = (sums.Resident + area.Resident, sums.Swapped + area.Swapped, sums.Shared + area.Shared);
        }

        var status = box.Read(task, "status");
        Assert.Equal((Kilobytes(status, "VmRSS"), Kilobytes(status, "VmSwap")), (sums.Resident * 4, sums.Swapped * 4));
        return sums;
    }

    /// <summary>First page and page past the last of a line of maps.</summary>
    public static (ulong Start, ulong End) Range(string line)
    {
        var ends = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
        return (Hexadecimal(ends[0]) >> 12, Hexadecimal(ends[1]) >> 12);
    }

    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static ulong Kilobytes(string text, string label) =>
        (ulong)Figures.Numbers(text.Split('\n').Single(line => line.StartsWith(label + ":", StringComparison.Ordinal)))[0];

    /// <summary>A figure of a line of numa_maps; 0: it is not there.</summary>
    public static ulong Figure(string line, string name) =>
        Regex.Match(line, $" {name}=([0-9]+)") is { Success: true } match ? ulong.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static (ulong Resident, ulong Swapped, ulong Shared) CheckArea(Box box, Process task, string map, string smap, string node)
    {
        var (start, end) = Range(map);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{start << 12:x8} default"), node, StringComparison.Ordinal);
        var isAnonymous = map.Split(' ')[4] == "0";
        var words = PageWords.Of(box, task.Pid, start, end - start);
        Assert.Equal(end - start, (ulong)words.Length);

        // Zero pages are in no count: the small one has no frame, the huge one passes for a page of a file.
        var resident = words.Where(word => word.Has(PageWords.Present) && (word & PageWords.Frame) != 0
            && !(isAnonymous && word.Has(PageWords.File))).ToArray();
        var swapped = Count(words, PageWords.Swapped);
        var exclusive = Count(resident, PageWords.Exclusive);
        Assert.Equal(Kilobytes(smap, "Rss"), (ulong)resident.Length * 4);
        Assert.Equal(Kilobytes(smap, "Rss") - Kilobytes(smap, "Anonymous"), Count(resident, PageWords.File) * 4);
        Assert.Equal(Kilobytes(smap, "Private_Clean") + Kilobytes(smap, "Private_Dirty"), exclusive * 4);
        Assert.DoesNotContain(words, static word => word.Has(PageWords.Present | PageWords.Swapped));
        if (map.Split(' ')[1][3] == 'p')
        {
            Assert.Equal(Kilobytes(smap, "Swap"), swapped * 4);   // areas of shared memory have all that is swapped of it
        }

        Assert.Equal((ulong)resident.Length, Regex.Matches(node, " N[0-9]+=([0-9]+)").Aggregate(
            0UL, static (sum, match) => sum + ulong.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
        Assert.Equal(Kilobytes(smap, "Anonymous"), Figure(node, "anon") * 4);
        Assert.Equal(Kilobytes(smap, "Shared_Dirty") + Kilobytes(smap, "Private_Dirty"), Figure(node, "dirty") * 4);
        Assert.Equal(exclusive < (ulong)resident.Length, Figure(node, "mapmax") > 1);
        return ((ulong)resident.Length, swapped, (ulong)resident.Length - exclusive);
    }

    private static ulong Count(ulong[] words, ulong bits) => (ulong)words.LongCount(word => word.Has(bits));

    private static ulong Hexadecimal(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
