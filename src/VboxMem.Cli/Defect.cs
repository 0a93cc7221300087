using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary>How a broken invariant is reported: what is wrong, and the seed and simulated time that lead there again.</summary>
internal static class Defect
{
    public static string Place(Box box) => $"seed {box.Machine.Configuration.Seed}, simulated time {box.Machine.Now}";

    public static int Report(string message)
    {
        Console.Error.WriteLine($"vbox-mem: broken invariant, a defect of vbox-mem: {message}");
        return ExitCode.Defect;
    }
}
