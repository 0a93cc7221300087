// What can be done to a box from the screen. Every one of these ends in a line of the console, as if it had been typed: so it stands in the
// journal, is done again by a replay, and a person learns the command.

using System.Globalization;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Dialogs;

internal static class ActionDialogs
{
    private static readonly (string Name, string Detail)[] _signals =
    [
        ("TERM", "15  asks it to end"), ("KILL", " 9  ends it at once"), ("HUP", " 1"), ("INT", " 2  as Ctrl-C"), ("QUIT", " 3"),
        ("USR1", "10"), ("USR2", "12"), ("SEGV", "11"), ("ABRT", " 6"), ("ALRM", "14"), ("PIPE", "13"), ("BUS", " 7"),
    ];

    /// <summary>The menu of all of them.</summary>
    public static MenuDialog All()
    {
        var bindings = KeyBindings.All.Where(static binding => binding.Group == BindingGroup.Actions && binding.Command != ScreenCommand.Actions).ToArray();
        return new MenuDialog("Do to the box", [.. bindings.Select(static binding => new MenuEntry(binding.Description, binding.KeyNames))],
            (chosen, screen) => screen.Obey(bindings[chosen].Command));
    }

    /// <summary>Which signal, to the tagged processes or the one under the cursor.</summary>
    public static Dialog Kill(ScreenView view, Reading now)
    {
        var pids = Targets(view);
        return new MenuDialog($"Send a signal to {Describe(pids, view, now)}", [.. _signals.Select(static signal => new MenuEntry("SIG" + signal.Name, signal.Detail))],
            (chosen, screen) => screen.Do(string.Create(CultureInfo.InvariantCulture, $"kill -{_signals[chosen].Name} {string.Join(' ', pids)}")));
    }

    public static Dialog OomScoreAdjust(ScreenView view, Reading now)
    {
        var pids = Targets(view);
        var known = pids.Count > 0 && now.Process(pids[0], ProcessFiles.OomScoreAdjustment) is { } process ? process.OomScoreAdjustment : 0;
        return new PromptDialog("oom_score_adj: ", (text, screen) =>
        {
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value is < -1000 or > 1000)
                return $"{text}: allowed is a whole number from -1000 (never killed) to 1000 (killed first)";
            foreach (var pid in pids) screen.Do(string.Create(CultureInfo.InvariantCulture, $"echo {value} > /proc/{pid}/oom_score_adj"));
            return "";
        }, known.ToString(CultureInfo.InvariantCulture))
        {
            IsValue = true,
            Help = $"for {Describe(pids, view, now)}: so many thousandths of memory and swap are added when the OOM killer compares; -1000: never killed",
        };
    }

    /// <summary>First which group, then what with it.</summary>
    public static Dialog StartWorkload(ScreenView view)
    {
        var groups = view.Source.Machine?.Groups ?? [];
        return new MenuDialog("Workloads", [.. groups.Select(static group => new MenuEntry(group.Name, group.IsRunning ? "runs: Enter stops it" : "Enter starts it"))],
            (chosen, screen) => screen.Do($"{(groups[chosen].IsRunning ? "stop" : "start")} {groups[chosen].Name}"));
    }

    public static Dialog Swap(Reading now)
    {
        var areas = now.Swaps.Value ?? [];
        List<(string Label, string Detail, string Command)> entries = [("swapon -a", "all areas of the box that are not in use", "swapon -a")];
        foreach (var area in areas) entries.Add(($"swapoff {area.File}", $"{area.UsedKilobytes} of {area.SizeKilobytes} kB used", $"swapoff {area.File}"));
        if (areas.Count > 1) entries.Add(("swapoff -a", "all areas", "swapoff -a"));
        return new MenuDialog("Swap", [.. entries.Select(static entry => new MenuEntry(entry.Label, entry.Detail))], (chosen, screen) => screen.Do(entries[chosen].Command));
    }

    public static Dialog Dump() => new PromptDialog("dump to directory: ", static (text, screen) =>
    {
        if (text.Length == 0) return "a directory that does not exist yet";
        if (screen.View.Source.Machine!.Dump(text) is { Length: > 0 } problem) return problem;
        screen.Say($"written: {text}; look at it with vbox-mem top --root {text}");
        return "";
    })
    { Help = "writes all files of the box as they are now below a new directory" };

    public static Dialog Save() => new PromptDialog("save session to file: ", static (text, screen) =>
    {
        if (text.Length == 0) return "a file";
        if (screen.View.Source.Machine!.Save(text) is { Length: > 0 } problem) return problem;
        screen.Say($"saved: {text}; open it with vbox-mem top --replay {text}");
        return "";
    })
    { Help = "the profile, the seed and all that was done: enough to walk through it again" };

    /// <summary>Why there is nobody to do something to; empty: there is.</summary>
    public static string ProblemOfTargets(ScreenView view, Reading now)
    {
        var pids = Targets(view);
        if (pids.Count == 0) return "nobody is under the cursor: choose a process first, 2 shows them";
        return pids.Count == 1 && now.Process(pids[0], ProcessFiles.Stat) is null ? $"process {pids[0]} has ended: choose another one" : "";
    }

    private static IReadOnlyList<int> Targets(ScreenView view) =>
        view.Choices.TaggedPids.Count > 0 ? [.. view.Choices.TaggedPids] : view.Choices.SelectedPid > 0 ? [view.Choices.SelectedPid] : [];

    private static string Describe(IReadOnlyList<int> pids, ScreenView view, Reading now)
    {
        if (pids.Count != 1) return $"{pids.Count} tagged processes";
        var name = now.Process(pids[0], ProcessFiles.Stat) is { } process ? ProcessText.Name(process, view.Glyphs.IsUnicode) : "?";
        return string.Create(CultureInfo.InvariantCulture, $"{pids[0]} ({name})");
    }
}
