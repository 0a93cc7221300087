using System.CommandLine;
using System.Globalization;

namespace VboxMem.Cli.Screen;

/// <summary><c>vbox-mem top [PROFILE]</c>, and <c>vbox-mem</c> alone: the full screen.</summary>
internal static class TopCommand
{
    public const string Name = "top";

    private const string DefaultProfile = "default";

    /// <summary>Whether a command line means the batch program: it has options of procps's top, all of which are one dash and letters.</summary>
    public static bool IsBatch(ReadOnlySpan<string> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is "--root" or "--set" or "--speed" or "--seed" or "--record" or "--replay" or "--theme") i++;
            else if (arguments[i] is ['-', not '-', ..] or "--json" or "--profile" or "--procps" or "--version" || arguments[i].StartsWith("--profile=", StringComparison.Ordinal)) return true;
        }

        return false;
    }

    public static Command Create()
    {
        var profile = new Argument<string?>("PROFILE") { Description = "A profile's file, or the name of one that comes with vbox-mem.", Arity = ArgumentArity.ZeroOrOne };
        var speed = new Option<string>("--speed") { Description = "Simulated seconds a second: 1, 10, max.", DefaultValueFactory = static _ => "1" };
        var seed = new Option<string?>("--seed") { Description = "The number that all chance derives from." };
        var sets = new Option<string[]>("--set") { Description = "Override a key of the profile: section:key=value.", DefaultValueFactory = static _ => [] };
        var root = new Option<string?>("--root") { Description = "Look at a dump, a capture, or the host itself (/) instead; read-only." };
        var live = new Option<bool>("--live") { Description = "The tree of --root changes, as one mounted from another machine: read it each second. / always does." };
        var record = new Option<string?>("--record") { Description = "Save the session to this file when the screen is left." };
        var replay = new Option<string?>("--replay") { Description = "Open a session that was saved." };
        var theme = new Option<string>("--theme") { Description = "dark, light or high-contrast.", DefaultValueFactory = static _ => "dark" };
        var ascii = new Option<bool>("--ascii") { Description = "No characters beyond ASCII." };
        var command = new Command(Name, "The full screen. With -b and options of procps's top: the batch program, like every other tool.")
        {
            profile, speed, seed, sets, root, live, record, replay, theme, ascii,
        };
        command.SetAction(parsed =>
        {
            if (!ScreenOptions.TryParseSpeed(parsed.GetValue(speed)!, out var rate)) return Complain($"--speed {parsed.GetValue(speed)}: allowed is {ScreenOptions.AllowedSpeeds}");
            if (!ScreenOptions.TryParseTheme(parsed.GetValue(theme)!, out var look)) return Complain($"--theme {parsed.GetValue(theme)}: allowed are dark, light and high-contrast");
            var overrides = new List<string>(parsed.GetValue(sets)!);
            if (parsed.GetValue(seed) is { } value)
            {
                if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return Complain($"--seed {value}: allowed is a whole number, 0..{ulong.MaxValue}");
                overrides.Add($"seed={value}");
            }

            var (tree, file, isBox) = (parsed.GetValue(root), parsed.GetValue(replay), parsed.GetValue(profile) is not null || overrides.Count > 0);
            if (tree is not null && (file is not null || isBox || parsed.GetValue(record) is not null))
                return Complain("--root looks at a tree that is there: it goes with neither a profile, --set, --seed, --record nor --replay");
            if (tree is null && parsed.GetValue(live)) return Complain("--live is about the tree of --root");
            if (file is not null && isBox) return Complain("--replay opens a session with the profile and seed that it had: no other profile, --set or --seed goes with it");
            return ScreenProgram.Run(new ScreenOptions(
                parsed.GetValue(profile) ?? DefaultProfile, overrides, rate, tree, parsed.GetValue(live), parsed.GetValue(record), file, look, parsed.GetValue(ascii)));
        });
        return command;
    }

    internal static int Complain(string problem)
    {
        Console.Error.WriteLine($"vbox-mem top: {problem}");
        return ExitCode.BadInput;
    }
}
