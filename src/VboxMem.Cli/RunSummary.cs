// What a run tells at its end, in one screen or as JSON.
//
// Units    kB where it says kB; seconds of simulated time unless it says wall.

using System.Globalization;
using System.Text.Json;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Net;
using VboxMem.Kernel.Pressure;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary>The summary of a run that has ended.</summary>
/// <param name="Box">The box as it is now.</param>
/// <param name="Watch">What was seen on the way.</param>
/// <param name="Wall">How long the run took here.</param>
/// <param name="SimulatedSeconds">How much simulated time passed meanwhile.</param>
/// <param name="Out">Where it was dumped to; null: nowhere.</param>
/// <param name="Script">What came of the script; null: there was none.</param>
internal sealed record RunSummary(Box Box, RunWatch Watch, TimeSpan Wall, double SimulatedSeconds, string? Out, ScriptListener? Script)
{
    private const long KilobytesPerPage = 4;
    private const int KillsShown = 5;
    private const int ServicesShown = 4;

    private static readonly JsonWriterOptions _indented = new() { Indented = true };

    private static readonly (string Name, StallStates Some, StallStates Full)[] _resources =
    [
        ("memory", StallStates.MemorySome, StallStates.MemoryFull),
        ("io", StallStates.IoSome, StallStates.IoFull),
        ("cpu", StallStates.CpuSome, StallStates.None),
    ];

    private Machine Machine => Box.Machine;

    private string Hash => $"{Box.ComputeStateHash():x16}";

    /// <summary>Simulated seconds a second.</summary>
    private double SimulatedPerWall => Wall > TimeSpan.Zero ? SimulatedSeconds / Wall.TotalSeconds : 0;

    private ulong AllocationStalls
    {
        get
        {
            var stalls = 0UL;
            for (var kind = VmEvent.AllocstallDma; kind <= VmEvent.AllocstallDevice; kind++)
            {
                stalls += Machine.Events[kind];
            }

            return stalls;
        }
    }

    public void Print(TextWriter output)
    {
        var memory = MemoryInfo.Of(Machine);
        void Line(string name, FormattableString text) => output.WriteLine($"{name,-11}{FormattableString.Invariant(text)}");

        Line("box", $"{Box.Profile.Name}, seed {Machine.Configuration.Seed}");
        Line("uptime", $"{Machine.Now} simulated, the run in {Wall.TotalSeconds:0.0} s of wall time, {SimulatedPerWall:0} times as fast");
        Line("memory", $"{Kilobytes(memory.TotalPages)} kB total, {Kilobytes(memory.FreePages)} kB free, {Kilobytes(memory.AvailablePages)} kB available");
        Line("swap", $"{Kilobytes(Machine.Swap.ShownTotalPages)} kB total, {Kilobytes(Machine.Swap.ShownTotalPages - Machine.Swap.ShownFreePages)} kB used");
        Line("least", $"{Kilobytes(Watch.LeastFreePages)} kB free, {Kilobytes(Watch.LeastAvailablePages)} kB available");
        Line("most", $"{Kilobytes(Watch.MostSwapUsedPages)} kB swap used, {Kilobytes(Watch.MostDirtyPages)} kB dirty or under writeback");
        Line("reclaimed", $"{Machine.Events[VmEvent.PgStealKswapd]} pages by kswapd, {Machine.Events[VmEvent.PgStealDirect]} directly in {AllocationStalls} stalls");
        foreach (var (name, some, full) in _resources)
        {
            var stalled = full == StallStates.None ? string.Empty : FormattableString.Invariant($", everything for {Seconds(full):0.00} s");
            Line(name == "memory" ? "pressure" : string.Empty, $"{name,-6} stalled something for {Seconds(some):0.00} s{stalled}");
        }

        Line("tasks", $"{Machine.Processes.Count}");
        PrintServices(Line);
        PrintKills(Line);
        if (Script is { Met: var met, Unmet: var unmet } && met + unmet > 0)
        {
            Line("expected", $"{met} met, {unmet} not met");
        }

        Line("state", $"{Hash}");
        if (Out is not null)
        {
            Line("dump", $"{Out}");
        }
    }

    public void WriteJson(Stream output)
    {
        using (var writer = new Utf8JsonWriter(output, _indented))
        {
            var memory = MemoryInfo.Of(Machine);
            writer.WriteStartObject();
            writer.WriteString("profile", Box.Profile.Name);
            writer.WriteNumber("seed", Machine.Configuration.Seed);
            writer.WriteNumber("simulated_nanoseconds", Machine.Now.Nanoseconds);
            writer.WriteNumber("run_simulated_seconds", SimulatedSeconds);
            writer.WriteNumber("run_wall_seconds", Math.Round(Wall.TotalSeconds, 3));
            writer.WriteNumber("simulated_per_wall", Math.Round(SimulatedPerWall, 1));
            writer.WriteNumber("mem_total_kb", Kilobytes(memory.TotalPages));
            writer.WriteNumber("mem_free_kb", Kilobytes(memory.FreePages));
            writer.WriteNumber("mem_available_kb", Kilobytes(memory.AvailablePages));
            writer.WriteNumber("swap_total_kb", Kilobytes(Machine.Swap.ShownTotalPages));
            writer.WriteNumber("swap_free_kb", Kilobytes(Machine.Swap.ShownFreePages));
            writer.WriteNumber("least_free_kb", Kilobytes(Watch.LeastFreePages));
            writer.WriteNumber("least_available_kb", Kilobytes(Watch.LeastAvailablePages));
            writer.WriteNumber("most_swap_used_kb", Kilobytes(Watch.MostSwapUsedPages));
            writer.WriteNumber("most_dirty_kb", Kilobytes(Watch.MostDirtyPages));
            writer.WriteNumber("reclaimed_kswapd_pages", Machine.Events[VmEvent.PgStealKswapd]);
            writer.WriteNumber("reclaimed_direct_pages", Machine.Events[VmEvent.PgStealDirect]);
            writer.WriteNumber("allocation_stalls", AllocationStalls);
            WriteStalls(writer);
            writer.WriteNumber("tasks", Machine.Processes.Count);
            WriteServices(writer);
            WriteKills(writer);
            WriteMessages(writer);
            Script?.WriteJson(writer);
            writer.WriteString("panic", Watch.Panic);
            writer.WriteString("state_hash", Hash);
            writer.WriteString("out", Out);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private void PrintServices(Action<string, FormattableString> line)
    {
        var services = Machine.ServiceTimes.Services.ToArray();
        for (var index = 0; index < services.Length && index < ServicesShown; index++)
        {
            var (name, times) = services[index];
            line(
                index == 0 ? "answers" : string.Empty,
                $"{name}: {times.Count}, p50 {Percentile(times, 500)}, p90 {Percentile(times, 900)}, p99 {Percentile(times, 990)}, at most {DurationText.Of(times.MaxNanoseconds)}");
        }

        if (services.Length > ServicesShown)
        {
            line(string.Empty, $"… and {services.Length - ServicesShown} more services");
        }
    }

    /// <summary>Rounded up, as the box's own file has them.</summary>
    private static ulong Microseconds(ulong nanoseconds) => (nanoseconds + 999) / 1000;

    private static string Percentile(ResponseTimes times, int perMille) => DurationText.Of(times.PercentileNanoseconds(perMille));

    private void PrintKills(Action<string, FormattableString> line)
    {
        var count = Machine.Events[VmEvent.OomKill];
        line("oom kills", $"{count}");
        foreach (var kill in Watch.Kills.Take(KillsShown))
        {
            line(string.Empty, $"{kill.At}  {kill.Name} (pid {kill.Pid}), {kill.AnonKilobytes} kB anonymous, oom_score_adj {kill.OomScoreAdj}");
        }

        if (Watch.Kills.Count > KillsShown)
        {
            line(string.Empty, $"… and {Watch.Kills.Count - KillsShown} more");
        }

        if (Watch.Panic is { } panic)
        {
            line("panic", $"{panic}");
        }
    }

    private void WriteStalls(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("stalls");
        foreach (var (name, some, full) in _resources)
        {
            writer.WriteNumber($"{name}_some_us", Nanoseconds(some) / 1000);
            if (full != StallStates.None)
            {
                writer.WriteNumber($"{name}_full_us", Nanoseconds(full) / 1000);
            }
        }

        writer.WriteEndObject();
    }

    private void WriteServices(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("services");
        foreach (var (name, times) in Machine.ServiceTimes.Services)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteNumber("answers", times.Count);
            writer.WriteNumber("p50_us", Microseconds(times.PercentileNanoseconds(500)));
            writer.WriteNumber("p90_us", Microseconds(times.PercentileNanoseconds(900)));
            writer.WriteNumber("p99_us", Microseconds(times.PercentileNanoseconds(990)));
            writer.WriteNumber("max_us", Microseconds(times.MaxNanoseconds));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteMessages(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("messages");
        foreach (var message in Box.Workload.Messages)
        {
            writer.WriteStartObject();
            writer.WriteNumber("simulated_nanoseconds", message.At.Nanoseconds);
            writer.WriteString("text", message.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteKills(Utf8JsonWriter writer)
    {
        writer.WriteNumber("oom_kills", Machine.Events[VmEvent.OomKill]);
        writer.WriteStartArray("victims");
        foreach (var kill in Watch.Kills)
        {
            writer.WriteStartObject();
            writer.WriteNumber("simulated_nanoseconds", kill.At.Nanoseconds);
            writer.WriteString("name", kill.Name);
            writer.WriteNumber("pid", kill.Pid);
            writer.WriteNumber("anon_rss_kb", kill.AnonKilobytes);
            writer.WriteNumber("oom_score_adj", kill.OomScoreAdj);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static long Kilobytes(long pages) => pages * KilobytesPerPage;

    private ulong Nanoseconds(StallStates state) => Machine.Stalls.ReadAt(state, Machine.Now).Total.Nanoseconds;

    private double Seconds(StallStates state) => Nanoseconds(state) / 1e9;
}
