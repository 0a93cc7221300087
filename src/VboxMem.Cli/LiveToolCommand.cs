using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Session;
using VboxMem.Tools;

namespace VboxMem.Cli;

/// <summary>Runs a tool on a box booted for it: intervals are simulated time, and the clock is the box's.</summary>
internal static class LiveToolCommand
{
    public static int Run(
        string name, ToolEntry tool, IReadOnlyList<string> arguments, string profile, ProcpsVersion version, TextWriter output)
    {
        if (ProfileOption.TryBoot(profile, [], out var exitCode) is not { } box)
        {
            return exitCode;
        }

        using (box)
        {
            var clock = new BoxClock(box);
            try
            {
                return tool(arguments, new ToolContext
                {
                    Tree = box.Tree,
                    Out = output,
                    Error = Console.Error,
                    Version = version,
                    Ticker = clock,
                    Clock = clock,
                });
            }
            catch (InvariantBrokenException defect)
            {
                return Defect.Report($"{defect.Message} ({Defect.Place(box)})");
            }
        }
    }

    private sealed class BoxClock(Box box) : ITicker, IWallClock
    {
        public DateTime Now => DateTime.UnixEpoch
            .AddSeconds(box.Machine.Configuration.BootTimeUnixSeconds)
            .AddTicks((long)(box.Machine.Now.Nanoseconds / 100));

        public string ZoneName => "UTC";

        public bool TryAdvance(TimeSpan interval) => box.RunFor(new SimTime((ulong)interval.Ticks * 100));
    }
}
