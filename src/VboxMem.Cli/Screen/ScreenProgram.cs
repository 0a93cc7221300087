using System.Diagnostics;
using System.Runtime.Versioning;
using VboxMem.Kernel.Boot;
using VboxMem.Kernel.Physical;
using VboxMem.Session;
using VboxMem.Session.History;
using VboxMem.Tools.Processes;
using VboxMem.Tui;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;

namespace VboxMem.Cli.Screen;

/// <summary>The full screen on the real terminal, from the first byte to the terminal as it was.</summary>
internal static class ScreenProgram
{
    private const int SignalExit = 128;

    public static int Run(ScreenOptions options)
    {
        if (!OperatingSystem.IsLinux()) return TopCommand.Complain("the screen knows terminals of Linux only; the tools and vbox-mem run work here");
        if (!UnixTerminal.IsThere) return TopCommand.Complain("the screen needs a terminal; in a pipe: vbox-mem top -b, vbox-mem run, or any of the tools");
        if (TerminalTraits.Refusal(Environment.GetEnvironmentVariable) is { Length: > 0 } refusal) return TopCommand.Complain(refusal);
        if (options.Record is { } record && RecordProblem(record) is { Length: > 0 } problem) return TopCommand.Complain(problem);
        var history = new Tui.Readings.History();
        if (TryOpen(options, history) is not { } source) return ExitCode.BadInput;
        using (source)
        {
            var exitCode = Show(source, history, options);
            return exitCode == ExitCode.Defect || options.Record is not { } file ? exitCode : Save(source, file, exitCode);
        }
    }

    [SupportedOSPlatform("linux")]
    private static int Show(ISource source, Tui.Readings.History history, ScreenOptions options)
    {
        var stopwatch = Stopwatch.StartNew();
        var reader = new ProcessReader(source.Tree) { KeepsTextsOfIdle = source.Machine is null };
        var kept = new KeptModels();
        Reading Read() => new(source.Tree, reader, () => source.Now, kept);
        var glyphs = options.IsAscii || !TerminalTraits.HasUtf8(Environment.GetEnvironmentVariable) ? Glyphs.Ascii : Glyphs.Unicode;
        var view = new ScreenView { Source = source, Now = Read(), History = history, Glyphs = glyphs };
        history.Take(view.Now);
        var screen = new Tui.Screen(view);
        var depth = TerminalTraits.Colours(Environment.GetEnvironmentVariable);
        return TerminalGuard.Run(() => new UnixTerminal(Theme.Create(options.Theme, depth)), terminal =>
        {
            screen.ThemeChanged = theme => terminal.Theme = Theme.Create(theme, depth);
            screen.ThemeName = options.Theme;
            var end = new ScreenLoop(terminal, screen, Read, () => stopwatch.Elapsed).Run();
            return end.Signal > 0 ? SignalExit + end.Signal : ExitCode.Done;
        }, () => source is BoxSource box ? Defect.Place(box.Session.Box) : "");
    }

    private static ISource? TryOpen(ScreenOptions options, Tui.Readings.History history)
    {
        if (options.Root is { } root)
        {
            if (!Directory.Exists(root))
            {
                TopCommand.Complain($"--root {root}: no such directory");
                return null;
            }

            var clock = Stopwatch.StartNew();
            return new TreeSource(root, options.IsLive || Path.GetFullPath(root) == "/" ? () => clock.Elapsed : null);
        }

        try
        {
            var session = options.Replay is { } file ? OpenSaved(file) : Begin(options);
            return session is null ? null : new BoxSource(session, NameOf(options), history) { Speed = options.Speed, IsPaused = options.Replay is not null };
        }
        catch (Exception error) when (error is MachineLayoutException or BootFailedException or InsufficientMemoryException)
        {
            TopCommand.Complain($"{NameOf(options)}: {error.Message}");
            return null;
        }
    }

    private static string NameOf(ScreenOptions options) => options.Replay is { } file ? Path.GetFileName(file) : options.Profile;

    private static LiveSession? Begin(ScreenOptions options) =>
        ProfileOption.TryLoad(options.Profile, options.Overrides) is { } profile ? LiveSession.Start(profile) : null;

    private static LiveSession? OpenSaved(string file)
    {
        if (SavedSession.TryRead(file, out var problem) is not { } saved)
        {
            TopCommand.Complain(problem);
            return null;
        }

        if (saved.TryLoadProfile(file, out var problems) is { } profile) return LiveSession.Open(saved, profile);
        foreach (var mistake in problems) TopCommand.Complain(mistake);
        return null;
    }

    /// <summary>Whether the session could be saved there at all is said before, not after an hour.</summary>
    private static string RecordProblem(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file));
        return Directory.Exists(file) ? $"--record {file}: is a directory" : Directory.Exists(folder) ? "" : $"--record {file}: no directory {folder}";
    }

    private static int Save(ISource source, string file, int exitCode)
    {
        if (source.Machine?.Save(file) is not { Length: > 0 } problem) return exitCode;
        Console.Error.WriteLine($"vbox-mem top: {problem}");
        return ExitCode.CannotWrite;
    }
}
