// The settings under /sys/kernel/mm/ksm. KSM merges equal pages of memory that programs offer it; none does so yet. Without
// such memory Linux's ksmd sleeps whatever `run` says: settings are kept and read back, and every count is 0.
//
// Models   Linux 6.12 mm/ksm.c, its sysfs files (facts: virtual memory and tools, 3.9), with defaults as captured.

using System.Buffers.Text;
using System.Text;

namespace VboxMem.Kernel.Sysctl;

/// <summary>One file that holds a setting.</summary>
/// <param name="Name">Below /sys/kernel/mm/ksm.</param>
/// <param name="Minimum">Smallest number taken.</param>
/// <param name="Maximum">Largest number taken.</param>
/// <param name="Default">Number at boot, or index of the word.</param>
/// <param name="Kind">What a write is read as.</param>
public sealed record KsmSetting(string Name, ulong Minimum, ulong Maximum, ulong Default, KsmSettingKind Kind = KsmSettingKind.Number);

/// <summary>What a write to a setting is read as.</summary>
public enum KsmSettingKind
{
    Number,
    TruthValue,
    AdvisorMode,
}

public sealed class KsmSettings
{
    private const string PagesToScan = "pages_to_scan";
    private const ulong DefaultPagesToScan = 100;
    private const ulong NoAdvisor = 0;

    private readonly ulong[] _values;

    public KsmSettings() => _values = [.. Settings.Select(static setting => setting.Default)];

    private KsmSettings(KsmSettings other) => _values = (ulong[])other._values.Clone();

    /// <summary>Modes of the advisor, which sets pages_to_scan by itself.</summary>
    public static IReadOnlyList<string> AdvisorModes { get; } = ["none", "scan-time"];

    /// <summary>All settings.</summary>
    public static IReadOnlyList<KsmSetting> Settings { get; } =
    [
        new("advisor_max_cpu", 0, uint.MaxValue, 70),
        new("advisor_max_pages_to_scan", 0, ulong.MaxValue, 30000),
        new("advisor_min_pages_to_scan", 0, ulong.MaxValue, 500),
        new("advisor_mode", 0, 1, NoAdvisor, KsmSettingKind.AdvisorMode),
        new("advisor_target_scan_time", 1, ulong.MaxValue, 200),
        new("max_page_sharing", 2, int.MaxValue, 256),
        new("merge_across_nodes", 0, 1, 1),
        new(PagesToScan, 0, uint.MaxValue, DefaultPagesToScan),
        new("run", 0, 2, 0),
        new("sleep_millisecs", 0, uint.MaxValue, 20),
        new("smart_scan", 0, 1, 1, KsmSettingKind.TruthValue),
        new("stable_node_chains_prune_millisecs", 0, uint.MaxValue, 2000),
        new("use_zero_pages", 0, 1, 0, KsmSettingKind.TruthValue),
    ];

    /// <summary>The files that hold a count.</summary>
    public static IReadOnlyList<string> Counts { get; } =
    [
        "full_scans", "general_profit", "ksm_zero_pages", "pages_scanned", "pages_shared", "pages_sharing", "pages_skipped",
        "pages_unshared", "pages_volatile", "stable_node_chains", "stable_node_dups",
    ];

    /// <summary>A setting's value, by its index in <see cref="Settings"/>.</summary>
    public ulong this[int setting] => _values[setting];

    /// <summary>One write(2) to a setting.</summary>
    /// <returns>False where Linux answers EINVAL; nothing has changed then.</returns>
    public bool TryWrite(int setting, ReadOnlySpan<byte> text)
    {
        var file = Settings[setting];
        if (!TryParse(file, text, out var value) || value < file.Minimum || value > file.Maximum
            || (file.Name == PagesToScan && ValueOf("advisor_mode") != NoAdvisor))
        {
            return false;
        }

        if (file.Kind == KsmSettingKind.AdvisorMode && value != _values[setting])
        {
            _values[IndexOf(PagesToScan)] = value == NoAdvisor ? DefaultPagesToScan : (uint)ValueOf("advisor_min_pages_to_scan");
        }

        _values[setting] = value;
        return true;
    }

    public KsmSettings Clone() => new(this);

    public void HashInto(StateHash hash) => hash.Add<ulong>(_values);

    private static bool TryParse(KsmSetting file, ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        if (file.Kind == KsmSettingKind.TruthValue)
        {
            var isValid = MmSettings.TryParseBool(text, out var isOn);
            value = isOn ? 1UL : 0;
            return isValid;
        }

        if (text is [.., (byte)'\n'])
        {
            text = text[..^1];
        }

        if (file.Kind == KsmSettingKind.Number)
        {
            text = text is [(byte)'+', ..] ? text[1..] : text;
            return text is [>= (byte)'0' and <= (byte)'9', ..] && Utf8Parser.TryParse(text, out value, out var length) && length == text.Length;
        }

        for (; value < (ulong)AdvisorModes.Count; value++)
        {
            if (text.SequenceEqual(Encoding.ASCII.GetBytes(AdvisorModes[(int)value])))
            {
                return true;
            }
        }

        return false;
    }

    private static int IndexOf(string name)
    {
        var index = 0;
        while (Settings[index].Name != name)
        {
            index++;
        }

        return index;
    }

    private ulong ValueOf(string name) => _values[IndexOf(name)];
}
