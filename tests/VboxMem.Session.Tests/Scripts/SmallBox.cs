using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session.Console;
using VboxMem.Session.Journals;
using VboxMem.Session.Scripts;

namespace VboxMem.Session.Tests;

/// <summary>A box of 256 MiB with disks and swap, and the running of scripts on it.</summary>
internal static class SmallBox
{
    public const string Managed = """
        "init": "systemd",
        "groups": [
          { "name": "web", "program": "sleep", "count": 2, "restart": "always" },
          { "name": "leaky", "program": "leak", "per_second": "8MiB" },
          { "name": "job", "program": "sleep", "starts_at": "forever" } ]
        """;

    private const string Disks = """ "disks": [ { "size": "1GiB" }, { "size": "64MiB" } ], "mounts": [ { "path": "/", "disk": "vda" } ], "swap": [ { "disk": "vdb" } ], """;

    public static Box Boot(string workload = Managed)
    {
        var json = $$"""{ "machine": { {{Disks}} "ram": "256MiB", "cpus": 2 }, {{workload}} }""";
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Equal([], result.Errors);
        return Box.Boot(result.Profile!);
    }

    public static Script ScriptOf(Box box, string text, SimTime? end = null)
    {
        var script = Script.Parse("test.vbx", Encoding.UTF8.GetBytes(text), [.. box.Workload.Groups.Names], end, out var problems);
        Assert.Equal([], problems);
        return script!;
    }

    /// <summary>Runs a script with everything that a run has.</summary>
    public static Ran Run(Box box, string text, SimTime? forTime = null, Func<bool>? isInterrupted = null)
    {
        var journal = new Journal();
        var time = new BoxTime(box, isInterrupted) { End = forTime is { } length ? box.Machine.Now.Plus(length) : null };
        time.Add(new JournalMarks(box, journal));
        time.TryAdvanceTo(time.Now);
        var transcript = new Transcript();
        var run = new ScriptRun(ScriptOf(box, text, forTime), box, time, journal, transcript);
        run.Run();
        if (time.End is { } end)
        {
            time.TryAdvanceTo(end);
        }

        return new Ran(transcript.Text, run.Outcomes, journal, time);
    }

    public static string Read(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryRead(path, out var text));
        return Encoding.UTF8.GetString(text.Span);
    }

    internal sealed record Ran(string Text, IReadOnlyList<ExpectationOutcome> Outcomes, Journal Journal, BoxTime Time);

    private sealed class Transcript : IScriptListener
    {
        private readonly ByteBuffer _text = new();

        public Stream Output => new BufferStream(_text);

        public string Text => Encoding.UTF8.GetString(_text.Span);

        public void LineBegins(ScriptLine line, SimTime elapsed) => Say(FormattableString.Invariant($"[{elapsed.Nanoseconds / 1e9:0.000}] # {line.Text}\n"));

        public void LineEnds(ScriptLine line, SimTime elapsed, int? status) => Say(status is null or 0 ? "" : FormattableString.Invariant($"({status})\n"));

        public void Judged(ExpectationOutcome outcome, SimTime elapsed) => Say($"{(outcome.IsMet ? "met" : "NOT MET")}: {outcome.Line.Text}{(outcome.IsMet ? "" : ": " + outcome.Reason)}\n");

        public void Note(ScriptLine line, string message) => Say($"note {line.Number}: {message}\n");

        private void Say(string text) => _text.Append(Encoding.UTF8.GetBytes(text));
    }
}
