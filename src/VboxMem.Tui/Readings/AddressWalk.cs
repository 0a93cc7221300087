using System.Globalization;

namespace VboxMem.Tui.Readings;

/// <summary>Translations of addresses, from the debug file <c>translate/PID/ADDRESS</c>.</summary>
internal static class AddressWalk
{
    private const ulong BytesPerPage = 4096;
    private const int BitsPerLevel = 9;
    private const int BitsOfPage = 12;

    /// <summary>So many addresses are looked at for a page that is there, before it is given up.</summary>
    private const int MostSteps = 4096;

    public static Loaded<DebugTable> Translate(Reading reading, int pid, ulong address) =>
        reading.Debug(string.Create(CultureInfo.InvariantCulture, $"translate/{pid}/0x{address:x}"));

    /// <summary>The first address of an area that is in memory; where none is found its start.</summary>
    public static ulong FirstResident(Reading reading, int pid, AreaRow area)
    {
        if (area.Rss == 0) return area.Start;
        var address = area.Start;
        for (var step = 0; step < MostSteps && address < area.End; step++)
        {
            if (Translate(reading, pid, address).Value is not { RowCount: > 0 } table) break;
            var last = table.RowCount - 1;
            if (table[last, "target"] is "page" or "zero") return address;
            var span = table[last, "target"] == "none" ? SpanOf(table[last, "level"]) : BytesPerPage;
            address = (address & ~(span - 1)) + span;
        }

        return area.Start;
    }

    /// <summary>What an entry of a level stands for, in bytes.</summary>
    private static ulong SpanOf(string level) => 1UL << BitsOfPage + BitsPerLevel * level switch
    {
        "pmd" => 1,
        "pud" => 2,
        "p4d" => 3,
        "pgd" => 3,
        _ => 0,
    };
}
