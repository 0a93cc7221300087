// Goal: no frame of a call trace is invented.
// Method: every trace that can be written is written, and each of its frames looked up among those of the captured reports.

using System.Text;
using VboxMem.Kernel.Log;

namespace VboxMem.Conformance.Tests.Oom;

public sealed class CallTraceConformanceTests
{
    private static readonly string[] _marks = ["Call Trace:", " <TASK>", " </TASK>"];

    [Fact]
    public void Every_frame_stands_in_a_captured_trace()
    {
        var captured = CapturedReports.Names.SelectMany(CapturedReports.Lines)
            .Select(static line => line.Replace(" ? ", " ", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        var frames = 0;
        foreach (var end in Enum.GetValues<TraceEnd>())
        {
            foreach (var origin in Enum.GetValues<AllocationOrigin>())
            {
                foreach (var line in Trace(end, origin).Except(_marks))
                {
                    frames++;
                    Assert.Contains(line, captured);
                }
            }
        }

        Assert.True(frames > 100, $"only {frames} frames were looked up");
    }

    private static List<string> Trace(TraceEnd end, AllocationOrigin origin)
    {
        var log = new KernelLog();
        CallTrace.Print(log, new LogClock(0), end, origin);
        var lines = new List<string>();
        foreach (var record in log.RecordsFrom(0)) lines.Add(Encoding.UTF8.GetString(record.Text));
        return lines;
    }
}
