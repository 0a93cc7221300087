// vmstat's tables, byte for byte: the lines of its default mode, -s, -m, -d, -D and -p.
//
// Models  facts: virtual memory and tools, 7.2.

using System.Globalization;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

internal static class VmstatText
{
    private const string TimeStampHeader = " -----timestamp-----";

    private static readonly int[] Narrow = [2, 2, 6, 6, 6, 6, 4, 4, 5, 5, 4, 4, 2, 2, 2, 2, 2, 2];
    private static readonly int[] Wide = [4, 4, 12, 12, 12, 12, 4, 4, 5, 5, 4, 4, 3, 3, 3, 3, 3, 3];
    private static readonly string[] Names =
        ["r", "b", "swpd", "free", "buff", "cache", "si", "so", "bi", "bo", "in", "cs", "us", "sy", "id", "wa", "st", "gu"];

    internal static void WriteHeader(TextWriter writer, VmstatOptions options, IWallClock? clock)
    {
        writer.Write(options.Wide
            ? "--procs-- -----------------------memory---------------------- ---swap-- -----io---- -system-- ----------cpu----------"
            : HasGuest(options)
                ? "procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu-------"
                : "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----");
        if (clock is not null) writer.Write(TimeStampHeader);
        writer.Write('\n');

        var widths = options.Wide ? Wide : Narrow;
        for (var i = 0; i < ColumnCount(options); i++)
        {
            if (i > 0) writer.Write(' ');
            var name = !options.ActiveInactive ? Names[i] : i == 4 ? "inact" : i == 5 ? "active" : Names[i];
            writer.Right(name, widths[i]);
        }

        WriteZone(writer, clock);
        writer.Write('\n');
    }

    internal static void WriteLine(TextWriter writer, in VmstatLine line, VmstatOptions options, IWallClock? clock)
    {
        ReadOnlySpan<ulong?> values =
        [
            line.Running, line.Blocked, line.SwapUsed, line.Free,
            options.ActiveInactive ? line.Inactive : line.Buffers, options.ActiveInactive ? line.Active : line.Cache,
            line.SwapIn, line.SwapOut, line.BlocksIn, line.BlocksOut, line.Interrupts, line.ContextSwitches,
            line.UserPercent, line.SystemPercent, line.IdlePercent, line.IoWaitPercent, line.StealPercent, line.GuestPercent,
        ];
        var widths = options.Wide ? Wide : Narrow;
        for (var i = 0; i < ColumnCount(options); i++)
        {
            if (i > 0) writer.Write(' ');
            writer.Right(values[i] ?? 0, widths[i]);
        }

        WriteTime(writer, clock);
        writer.Write('\n');
    }

    private static bool HasGuest(VmstatOptions options) => options.Wide || options.Unit.Version != ProcpsVersion.V4_0_2;

    private static int ColumnCount(VmstatOptions options) => HasGuest(options) ? Names.Length : Names.Length - 1;

    internal static void WriteZone(TextWriter writer, IWallClock? clock)
    {
        if (clock is null) return;
        writer.Write(' ');
        writer.Right(clock.ZoneName, TimeStampHeader.Length - 1);
    }

    internal static void WriteTime(TextWriter writer, IWallClock? clock)
    {
        if (clock is null) return;
        writer.Write(' ');
        writer.Write(clock.Now.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
    }

    internal static void WriteForks(TextWriter writer, ulong? forks) => Counted(writer, forks ?? 0, "forks");

    /// <summary>-s: 28 lines of a number and what it counts.</summary>
    internal static void WriteSummary(TextWriter writer, VmstatReading reading, VmstatUnit unit)
    {
        var memory = MemoryFigures.From(reading.Meminfo);
        void Size(long kilobytes, string what) =>
            Counted(writer, unit.FromKilobytes(unchecked((ulong)kilobytes)), $"{unit.Label} {what}");

        Size(memory.Total, "total memory");
        Size(memory.Used, "used memory");
        Size(memory.Active, "active memory");
        Size(memory.Inactive, "inactive memory");
        Size(memory.Free, "free memory");
        Size(memory.Buffers, "buffer memory");
        Size(memory.Cache, "swap cache");   // really the page cache and reclaimable slab
        Size(memory.SwapTotal, "total swap");
        Size(memory.SwapUsed, "used swap");
        Size(memory.SwapFree, "free swap");
        WriteTicks(writer, reading.Stat.Total ?? default);
        Counted(writer, reading.VmStat.PgPgIn ?? 0, "K paged in");
        Counted(writer, reading.VmStat.PgPgOut ?? 0, "K paged out");
        Counted(writer, reading.VmStat.PSwpIn ?? 0, "pages swapped in");
        Counted(writer, reading.VmStat.PSwpOut ?? 0, "pages swapped out");
        Counted(writer, reading.Stat.Interrupts ?? 0, "interrupts");
        Counted(writer, reading.Stat.ContextSwitches ?? 0, "CPU context switches");
        Counted(writer, reading.Stat.BootTime ?? 0, "boot time");
        Counted(writer, reading.Stat.Forks ?? 0, "forks");
    }

    private static void WriteTicks(TextWriter writer, in CpuTicks ticks)
    {
        Counted(writer, ticks.User, "non-nice user cpu ticks");
        Counted(writer, ticks.Nice, "nice user cpu ticks");
        Counted(writer, ticks.System, "system cpu ticks");
        Counted(writer, ticks.Idle, "idle cpu ticks");
        Counted(writer, ticks.IoWait, "IO-wait cpu ticks");
        Counted(writer, ticks.Irq, "IRQ cpu ticks");
        Counted(writer, ticks.SoftIrq, "softirq cpu ticks");
        Counted(writer, ticks.Steal, "stolen cpu ticks");
        Counted(writer, ticks.Guest, "non-nice guest cpu ticks");
        Counted(writer, ticks.GuestNice, "nice guest cpu ticks");
    }

    internal static void Counted(TextWriter writer, ulong count, string what)
    {
        writer.Right(count, 13);
        writer.Write(' ');
        writer.Write(what);
        writer.Write('\n');
    }

    /// <summary>-m's header. "Pages" is the number of objects in a slab.</summary>
    internal static void WriteSlabHeader(TextWriter writer) =>
        writer.Write("Cache                       Num  Total   Size  Pages\n");

    internal static void WriteSlab(TextWriter writer, SlabCache cache)
    {
        writer.Left(cache.Name.Length > 24 ? cache.Name.AsSpan(0, 24) : cache.Name, 24);
        foreach (var value in (ReadOnlySpan<ulong>)[cache.ActiveObjects, cache.TotalObjects, cache.ObjectBytes, cache.ObjectsPerSlab])
        {
            writer.Write(' ');
            writer.Right(value, 6);
        }

        writer.Write('\n');
    }
}
