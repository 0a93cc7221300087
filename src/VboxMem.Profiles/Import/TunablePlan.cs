// The tunables to set on a box so that it reads as the machine did: those that differ from what the box has by itself, and those that have
// to be written again because their effect differs: marks and reserves redone after boot.

using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Profiles.Import;

internal static class TunablePlan
{
    private const string MinFree = "min_free_kbytes";
    private const string Scale = "watermark_scale_factor";
    private const string Ratio = "lowmem_reserve_ratio";

    /// <summary>Of each pair the one that is set makes the other read 0.</summary>
    private static readonly (string Shown, string Hidden)[] _pairs =
    [
        ("dirty_bytes", "dirty_ratio"), ("dirty_background_bytes", "dirty_background_ratio"), ("overcommit_kbytes", "overcommit_ratio"),
        ("nr_hugepages", "nr_hugepages_mempolicy"),
    ];

    public static IReadOnlyList<KeyValuePair<string, string>> Of(ImportSource source, ImportedMachine imported, Machine box, LateFreed late)
    {
        var plan = new List<KeyValuePair<string, string>>();
        foreach (var file in VmSysctls.Files.Where(static file => !file.IsAction))
        {
            if (!imported.Tunables.TryGetValue(file.Name, out var text)) continue;
            if (_pairs.Any(pair => pair.Hidden == file.Name && imported.Tunables.GetValueOrDefault(pair.Shown, "0") != "0")) continue;
            if (!ProfileKeys.TryFind($"{ProfileKeys.VmSection}:{file.Name}", out var key)) continue;
            var own = Encoding.UTF8.GetString(box.Sysctls.Read(file.Name) ?? []).Trim().Replace('\t', ' ');
            if (text == own && !MustBeWritten(file.Name, imported, box, late)) continue;
            if (((ScalarKey)key).Canonical(text, out var problem) is { } value) plan.Add(new(file.Name, value));
            else source.Note($"not reproduced: vm.{file.Name} is {OneLine.Of(text)}: {problem}, allowed {key.Allowed}");
        }

        var known = VmSysctls.Files.Select(static file => file.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in imported.Tunables.Keys.Where(name => !known.Contains(name) && name != "compact_memory"))
            source.Note($"not reproduced: vm.{OneLine.Of(name)}: Linux 6.12 has no such file");
        return plan;
    }

    private static bool MustBeWritten(string name, ImportedMachine imported, Machine box, LateFreed late) => name switch
    {
        Ratio => !late.ReservesAreFromBoot,
        MinFree => !late.MarksAreFromBoot && late.IsExplained && !Differs(Scale, imported, box),
        _ => false,
    };

    private static bool Differs(string name, ImportedMachine imported, Machine box) =>
        imported.Tunables.TryGetValue(name, out var text) && text != Encoding.UTF8.GetString(box.Sysctls.Read(name) ?? []).Trim();
}
