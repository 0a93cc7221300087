// Goal: what a booted box says in its log is what the captured machine of that shape said.
// Method: every line of the box's own log must stand in the captured one, but for the listed figures that the two cannot share.

using System.Text;
using VboxMem.Kernel;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Log;

public sealed class BootedLogTests
{
    /// <summary>Lines whose figures hang on what is not simulated: timing, the kernel's free memory at one moment, another init.</summary>
    private static readonly string[] _own = ["Memory: ", "Run /sbin/init", "node ", "software IO TLB"];

    [Theory]
    [InlineData("ram-128m")]
    [InlineData("ram-1g")]
    [InlineData("ram-2g")]
    [InlineData("ram-4g")]
    [InlineData("ram-8g")]
    [InlineData("cpus-1-1g")]
    [InlineData("cpus-8-1g")]
    [InlineData("numa-1g-1g")]
    [InlineData("numa-4g-4g")]
    public void A_booted_box_says_what_the_captured_machine_said(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = Machine.Boot(CapturedMachines.ByRecipe(capture));
        var captured = capture.Log.Lines.Select(static line => line.Text.TrimEnd()).ToHashSet(StringComparer.Ordinal);
        var strange = new List<string>();
        var compared = 0;
        foreach (var record in machine.Log.RecordsFrom(0))
        {
            var text = Encoding.UTF8.GetString(record.Text).TrimEnd();
            if (_own.Any(start => text.StartsWith(start, StringComparison.Ordinal)))
            {
                continue;
            }

            compared++;
            if (!captured.Contains(text))
            {
                strange.Add(text);
            }
        }

        Assert.Empty(strange);
        Assert.True(compared > 50, $"only {compared} lines were compared");
    }
}
