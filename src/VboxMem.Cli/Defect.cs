using VboxMem.Kernel;
using VboxMem.Session;

namespace VboxMem.Cli;

/// <summary>How a broken invariant, or any other defect, is reported: what is wrong, and the seed and simulated time that lead there again.</summary>
internal static class Defect
{
    public static string Place(Box box) => $"seed {box.Machine.Configuration.Seed}, simulated time {box.Machine.Now}";

    /// <summary>Anything that was thrown and should not have been. What is no broken invariant has its stack with it.</summary>
    public static int Report(Exception error, string place)
    {
        var where = place.Length > 0 ? $" ({place})" : "";
        if (error is InvariantBrokenException) return Report(error.Message + where);
        Console.Error.WriteLine($"vbox-mem: a defect of vbox-mem: {error.GetType().Name}: {error.Message}{where}");
        Console.Error.WriteLine(error.StackTrace);
        return ExitCode.Defect;
    }

    public static int Report(string message)
    {
        Console.Error.WriteLine($"vbox-mem: broken invariant, a defect of vbox-mem: {message}");
        return ExitCode.Defect;
    }
}
