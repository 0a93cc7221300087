using System.Reflection;

/// <summary>
/// What DOTNET_STARTUP_HOOKS runs in the program before its Main: so something can be thrown in the middle of it that the program itself
/// has no way to ask for. VBOXMEM_TEST_THROW has what, and a file whose coming is the sign.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1050", Justification = "The runtime looks for this name.")]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2201", Justification = "It stands for any exception.")]
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("VBOXMEM_TEST_THROW")?.Split(':') is not [var what, var sign]) return;
        new Thread(() =>
        {
            while (!File.Exists(sign)) Thread.Sleep(10);
            if (what == "thread") throw new InvalidOperationException("thrown on a thread of its own");
            BreakFooter();
        })
        { IsBackground = true }.Start();
    }

    /// <summary>The next frame, or the one after a key, meets a binding that is not there.</summary>
    private static void BreakFooter()
    {
        var bindings = (Array)Type.GetType("VboxMem.Tui.Screen, VboxMem.Tui", throwOnError: true)!
            .GetField("_footerBindings", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;
        bindings.SetValue(null, 0);
    }
}
