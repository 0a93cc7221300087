namespace VboxMem.Session.Console.Commands;

/// <summary>true, false, :, wait, help.</summary>
internal static class Trivial
{
    public static ConsoleCommand True { get; } = new("true") { IsBuiltIn = true, Run = static _ => 0 };

    public static ConsoleCommand False { get; } = new("false") { IsBuiltIn = true, Run = static _ => 1 };

    public static ConsoleCommand Colon { get; } = new(":") { IsBuiltIn = true, Run = static _ => 0 };

    /// <summary>Waits for all that runs in the background.</summary>
    public static ConsoleCommand Wait { get; } = new("wait")
    {
        IsBuiltIn = true,
        Run = static call => call.Console.WaitForJobs(call),
        Check = static check => check.Arguments.Count > 0 ? "wait: takes no arguments here: it waits for all" : null,
    };

    /// <summary>All names.</summary>
    public static ConsoleCommand Help { get; } = new("help")
    {
        IsBuiltIn = true,
        Run = static call =>
        {
            call.Print(string.Join('\n', CommandTable.Names) + "\n");
            return 0;
        },
    };
}
