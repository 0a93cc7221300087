using System.Text.Json;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

/// <summary>vmstat's models as JSON. Memory in kB and rates per second, whatever -S asks for; what is absent is left out.</summary>
internal static class VmstatJson
{
    internal static void WriteLine(Utf8JsonWriter json, VmstatLine line)
    {
        json.WriteStartObject();
        json.Optional("running", line.Running);
        json.Optional("blocked", line.Blocked);
        json.Optional("swapUsedKilobytes", line.SwapUsed);
        json.Optional("freeKilobytes", line.Free);
        json.Optional("buffersKilobytes", line.Buffers);
        json.Optional("cacheKilobytes", line.Cache);
        json.Optional("inactiveKilobytes", line.Inactive);
        json.Optional("activeKilobytes", line.Active);
        json.Optional("swapInKilobytesPerSecond", line.SwapIn);
        json.Optional("swapOutKilobytesPerSecond", line.SwapOut);
        json.Optional("readKilobytesPerSecond", line.BlocksIn);
        json.Optional("writtenKilobytesPerSecond", line.BlocksOut);
        json.Optional("interruptsPerSecond", line.Interrupts);
        json.Optional("contextSwitchesPerSecond", line.ContextSwitches);
        json.Optional("userPercent", line.UserPercent);
        json.Optional("systemPercent", line.SystemPercent);
        json.Optional("idlePercent", line.IdlePercent);
        json.Optional("ioWaitPercent", line.IoWaitPercent);
        json.Optional("stealPercent", line.StealPercent);
        json.Optional("guestPercent", line.GuestPercent);
        json.WriteEndObject();
    }

    /// <summary>-s: every line of meminfo and vmstat under its own name, and stat's counters.</summary>
    internal static void WriteSummary(Utf8JsonWriter json, VmstatReading reading)
    {
        json.WriteStartObject();
        WriteCounters(json, "meminfo", reading.Meminfo.Fields);
        WriteCounters(json, "vmstat", reading.VmStat.Fields);
        json.WriteStartObject("stat");
        if (reading.Stat.Total is { } ticks) WriteTicks(json, ticks);
        json.Optional("interrupts", reading.Stat.Interrupts);
        json.Optional("contextSwitches", reading.Stat.ContextSwitches);
        json.Optional("bootTime", reading.Stat.BootTime);
        json.Optional("forks", reading.Stat.Forks);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCounters(Utf8JsonWriter json, string name, NamedCounters counters)
    {
        json.WriteStartObject(name);
        for (var i = 0; i < counters.Count; i++) json.WriteNumber(counters.Name(i), counters.Value(i));
        json.WriteEndObject();
    }

    private static void WriteTicks(Utf8JsonWriter json, in CpuTicks ticks)
    {
        json.WriteNumber("userTicks", ticks.User);
        json.WriteNumber("niceTicks", ticks.Nice);
        json.WriteNumber("systemTicks", ticks.System);
        json.WriteNumber("idleTicks", ticks.Idle);
        json.WriteNumber("ioWaitTicks", ticks.IoWait);
        json.WriteNumber("irqTicks", ticks.Irq);
        json.WriteNumber("softIrqTicks", ticks.SoftIrq);
        json.WriteNumber("stealTicks", ticks.Steal);
        json.WriteNumber("guestTicks", ticks.Guest);
        json.WriteNumber("guestNiceTicks", ticks.GuestNice);
    }

    internal static void WriteForks(Utf8JsonWriter json, ulong? forks)
    {
        json.WriteStartObject();
        json.Optional("forks", forks);
        json.WriteEndObject();
    }

    internal static void WriteDisks(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<DiskCounters, bool>> disks)
    {
        json.WriteStartObject();
        json.WriteStartArray("disks");
        foreach (var (disk, isDisk) in disks)
        {
            json.WriteStartObject();
            json.WriteString("name", disk.Name);
            json.WriteBoolean("isDisk", isDisk);
            json.WriteNumber("reads", disk.Reads);
            json.WriteNumber("readMerges", disk.ReadMerges);
            json.WriteNumber("readSectors", disk.ReadSectors);
            json.WriteNumber("readMilliseconds", disk.ReadMilliseconds);
            json.WriteNumber("writes", disk.Writes);
            json.WriteNumber("writeMerges", disk.WriteMerges);
            json.WriteNumber("writtenSectors", disk.WriteSectors);
            json.WriteNumber("writeMilliseconds", disk.WriteMilliseconds);
            json.WriteNumber("inFlight", disk.InFlight);
            json.WriteNumber("busyMilliseconds", disk.BusyMilliseconds);
            json.WriteNumber("weightedMilliseconds", disk.WeightedMilliseconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
