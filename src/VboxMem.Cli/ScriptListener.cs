// What a script has done and what came of it, as the user is told: as it happens on standard output, each command behind a prompt with
// its moment, or all together as JSON. What was not met is told on standard error too, with its line.

using System.Text;
using System.Text.Json;
using VboxMem.Kernel.Time;
using VboxMem.Session.Scripts;

namespace VboxMem.Cli;

internal sealed class ScriptListener(Script script, bool isJson) : IScriptListener, IDisposable
{
    private readonly StandardOutput _standard = new();
    private readonly MemoryStream _captured = new();
    private readonly List<Step> _steps = [];
    private readonly List<(ExpectationOutcome Outcome, SimTime Elapsed)> _judged = [];
    private SimTime _begun;

    public Stream Output => isJson ? _captured : _standard;

    /// <summary>Expectations that were not met.</summary>
    public int Unmet => _judged.Count(static judged => !judged.Outcome.IsMet);

    public int Met => _judged.Count - Unmet;

    public void LineBegins(ScriptLine line, SimTime elapsed)
    {
        _begun = elapsed;
        Say(elapsed, "# " + line.Text);
    }

    public void LineEnds(ScriptLine line, SimTime elapsed, int? status)
    {
        if (isJson)
        {
            _steps.Add(new Step(line, _begun, elapsed, status, Encoding.UTF8.GetString(_captured.GetBuffer(), 0, (int)_captured.Length)));
            _captured.SetLength(0);
        }
    }

    public void Judged(ExpectationOutcome outcome, SimTime elapsed)
    {
        _judged.Add((outcome, elapsed));
        var line = outcome.Line;
        if (outcome.IsMet)
        {
            Say(elapsed, $"met: {line.Text}");
            return;
        }

        Say(elapsed, $"NOT MET: {line.Text}: {outcome.Reason}");
        var when = outcome.At is null ? string.Empty : FormattableString.Invariant($" at {Seconds(elapsed):0.000}s");
        Console.Error.WriteLine($"{script.Name}:{line.Number}: {line.Text}: not met{when}: {outcome.Reason}");
    }

    public void Note(ScriptLine line, string message) => Console.Error.WriteLine($"{script.Name}:{line.Number}: {message}");

    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("script");
        writer.WriteString("name", script.Name);
        writer.WriteStartArray("commands");
        foreach (var step in _steps)
        {
            writer.WriteStartObject();
            writer.WriteNumber("line", step.Line.Number);
            writer.WriteString("command", step.Line.Text);
            writer.WriteNumber("at_seconds", Seconds(step.Begun));
            writer.WriteNumber("ended_seconds", Seconds(step.Ended));
            WriteStatus(writer, step.Status);
            writer.WriteString("output", step.Output);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("expectations");
        foreach (var (outcome, elapsed) in _judged)
        {
            writer.WriteStartObject();
            writer.WriteNumber("line", outcome.Line.Number);
            writer.WriteString("expect", outcome.Line.Text);
            writer.WriteBoolean("met", outcome.IsMet);
            writer.WriteNumber("judged_seconds", Seconds(elapsed));
            writer.WriteString("reason", outcome.IsMet ? null : outcome.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public void Dispose()
    {
        _standard.Dispose();
        _captured.Dispose();
    }

    private static void WriteStatus(Utf8JsonWriter writer, int? status)
    {
        if (status is { } number)
        {
            writer.WriteNumber("status", number);
        }
        else
        {
            writer.WriteNull("status");
        }
    }

    private static double Seconds(SimTime elapsed) => elapsed.Nanoseconds / 1e9;

    private void Say(SimTime elapsed, string text)
    {
        if (!isJson)
        {
            _standard.Write(Encoding.UTF8.GetBytes(FormattableString.Invariant($"[{Seconds(elapsed),8:0.000}] {text}\n")));
        }
    }

    /// <summary>A command that was run.</summary>
    private sealed record Step(ScriptLine Line, SimTime Begun, SimTime Ended, int? Status, string Output);
}
