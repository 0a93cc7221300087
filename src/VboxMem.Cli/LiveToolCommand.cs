using VboxMem.Kernel;
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
            box.RunFor(default);   // what starts with the box has started
            var clock = new BoxTime(box);
            try
            {
                var result = tool(arguments, new ToolContext
                {
                    Tree = box.Tree,
                    Out = output,
                    Error = Console.Error,
                    Version = version,
                    Ticker = clock,
                    Clock = clock,
                    ScreenColumns = ToolCommand.ScreenColumns,
                });
                Report(box);
                return result;
            }
            catch (InvariantBrokenException defect)
            {
                return Defect.Report($"{defect.Message} ({Defect.Place(box)})");
            }
        }
    }

    /// <summary>What the tool cannot know: what the box refused its workload, and that it stands still for good.</summary>
    private static void Report(Box box)
    {
        foreach (var refusal in box.Workload.Refusals)
        {
            Console.Error.WriteLine($"vbox-mem: {refusal}");
        }

        if (box.Machine.HasPanicked)
        {
            Console.Error.WriteLine($"vbox-mem: the box panicked at {box.Machine.Now}");
        }
    }
}
