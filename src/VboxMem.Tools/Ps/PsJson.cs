using System.Text.Json;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

/// <summary>
/// The processes as JSON: what stat and status say, whatever columns were asked for, and of the other files what was asked for. Sizes in
/// kB, times in ticks of 1/100 s; what a process has not is left out.
/// </summary>
internal static class PsJson
{
    internal static void Write(Utf8JsonWriter json, List<PsProcess> processes)
    {
        json.WriteStartObject();
        json.WriteStartArray("processes");
        foreach (var process in processes) Write(json, process);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PsProcess process)
    {
        var record = process.Record;
        json.WriteStartObject();
        json.WriteNumber("pid", record.Tgid);
        if (record.IsThread) json.WriteNumber("tid", record.Pid);
        json.WriteNumber("ppid", record.ParentPid);
        json.WriteString("name", process.Name);
        if (record.Has(ProcessFiles.CommandLine)) json.WriteString("commandLine", process.CommandLine);
        json.WriteString("state", ((char)record.State).ToString());
        json.WriteString("user", process.System.Accounts.UserName(record.EffectiveUser));
        json.WriteString("group", process.System.Accounts.GroupName(record.EffectiveGroup));
        WriteStat(json, record.Stat, record.Threads);
        if (record.Has(ProcessFiles.Status)) WriteMemory(json, record.Status);
        WriteOther(json, record);
        json.WriteEndObject();
    }

    private static void WriteStat(Utf8JsonWriter json, in PidStat stat, int threads)
    {
        json.WriteNumber("processGroup", stat.ProcessGroup);
        json.WriteNumber("session", stat.Session);
        json.WriteString("terminal", TerminalNames.Name(stat.Terminal));
        json.WriteNumber("priority", stat.Priority);
        json.WriteNumber("nice", stat.Nice);
        json.WriteNumber("threads", threads);
        json.WriteNumber("processor", stat.Processor);
        json.WriteNumber("startTicks", stat.StartTicks);
        json.WriteNumber("userTicks", stat.UserTicks);
        json.WriteNumber("systemTicks", stat.SystemTicks);
        json.WriteNumber("minorFaults", stat.MinorFaults);
        json.WriteNumber("majorFaults", stat.MajorFaults);
    }

    private static void WriteMemory(Utf8JsonWriter json, in PidStatus status)
    {
        if (status.VmSize == 0 && status.VmRss == 0) return;   // a kernel thread or a zombie has no memory of its own
        json.WriteNumber("virtualKilobytes", status.VmSize);
        json.WriteNumber("residentKilobytes", status.VmRss);
        json.WriteNumber("residentAnonymousKilobytes", status.RssAnon);
        json.WriteNumber("residentFileKilobytes", status.RssFile);
        json.WriteNumber("residentShmemKilobytes", status.RssShmem);
        json.WriteNumber("lockedKilobytes", status.VmLocked);
        json.WriteNumber("swappedKilobytes", status.VmSwap);
    }

    private static void WriteOther(Utf8JsonWriter json, ProcessRecord record)
    {
        if (record.Has(ProcessFiles.Rollup))
        {
            json.WriteNumber("proportionalKilobytes", record.Rollup.Pss);
            json.WriteNumber("uniqueKilobytes", record.Rollup.Uss);
        }

        if (record.Has(ProcessFiles.OomScore)) json.WriteNumber("oomScore", record.OomScore);
        if (record.Has(ProcessFiles.OomScoreAdjustment)) json.WriteNumber("oomScoreAdjustment", record.OomScoreAdjustment);
        if (record.Has(ProcessFiles.WaitChannel)) json.WriteString("waitChannel", ProcessText.WaitChannel(record));
        json.Optional("readBytes", record.Has(ProcessFiles.Io) ? record.Io.ReadBytes : null);
        json.Optional("writtenBytes", record.Has(ProcessFiles.Io) ? record.Io.WrittenBytes : null);
    }
}
