using VboxMem.Tools.Processes;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Dialogs;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;

namespace VboxMem.Tui;

/// <summary>What keys do on every pane.</summary>
public sealed partial class Screen
{
    private static readonly double[] _speeds = [0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, double.PositiveInfinity];

    /// <summary>Exit status of a command that Ctrl-C has ended, as bash has it.</summary>
    private const int BrokenOff = 130;

    /// <summary>The panes that digits open, in their order.</summary>
    private List<Pane> Panels { get; set; } = [];

    /// <summary>Does what a key asks for.</summary>
    public void Obey(ScreenCommand command) => Obey(KeyBindings.Of(command));

    private void Obey(Binding binding)
    {
        if (!Offers(binding))
        {
            SayWrong(binding.Needs == Needs.Machine ? $"{binding.Keys[0]}: only a simulated box has this" : $"{binding.Keys[0]}: {View.Source.WriteRefusal}");
            return;
        }

        if (_pane.Obey(binding.Command, this) || ObeyProgram(binding.Command) || ObeyPanes(binding.Command)) return;
        if (View.Source.Machine is { } machine && ObeyMachine(binding.Command, machine)) return;
        if (binding.Group == BindingGroup.Actions || binding.Command == ScreenCommand.Console) ObeyActions(binding.Command);
        else if (binding.Group != BindingGroup.Moving && binding.Command != ScreenCommand.Enter) Say($"{binding.Keys[0]}, {binding.Description}: not on this pane");
    }

    private bool ObeyProgram(ScreenCommand command)
    {
        switch (command)
        {
            case ScreenCommand.Quit or ScreenCommand.Interrupt:
                WantsToQuit = true;
                return true;
            case ScreenCommand.NextTheme:
                ThemeName = (ThemeName)(((int)ThemeName + 1) % Enum.GetValues<ThemeName>().Length);
                ThemeChanged?.Invoke(ThemeName);
                Say($"theme: {ThemeName}");
                return true;
            case ScreenCommand.Search:
                Ask(new PromptDialog("/", static (text, screen) => screen.StartSearch(text)));
                return true;
            case ScreenCommand.SearchNext or ScreenCommand.SearchPrevious:
                Search(command == ScreenCommand.SearchPrevious);
                return true;
            default:
                return false;
        }
    }

    private bool ObeyPanes(ScreenCommand command)
    {
        switch (command)
        {
            case ScreenCommand.Why:
                if (_pane.Subject(View) is { } subject) Explain(subject);
                else SayWrong("nothing under the cursor to explain: choose a process, a zone, a stall, a counter or a kill");
                return true;
            case ScreenCommand.Help:
                Open("help");
                return true;
            case ScreenCommand.Panes:
                Ask(new MenuDialog("Panes", [.. _panes.Select(static pane => new MenuEntry(pane.Name, pane.Description))],
                    static (chosen, screen) => screen.Open(screen._panes[chosen].Name), _panes.IndexOf(_pane)));
                return true;
            case ScreenCommand.NextPane or ScreenCommand.PreviousPane:
                OpenNeighbour(command == ScreenCommand.NextPane ? 1 : -1);
                return true;
            case >= ScreenCommand.Pane1 and <= ScreenCommand.Pane0:
                Open(PaneList.ByDigit[command - ScreenCommand.Pane1]);
                return true;
            case ScreenCommand.Escape:
                if (_visited.TryPop(out var last)) _pane = last;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Opens the explanation of something.</summary>
    public void Explain(WhySubject subject)
    {
        Find<WhyPane>().Explain(subject);
        Open("why");
    }

    private void OpenNeighbour(int step)
    {
        var at = Panels.IndexOf(_pane);
        if (Panels.Count > 0) Open(Panels[(at + step + Panels.Count) % Panels.Count].Name);
    }

    private string StartSearch(string text)
    {
        if (text.Length > 0) _searched = text;
        Search(isBackward: false);
        return "";
    }

    private void Search(bool isBackward)
    {
        if (_searched.Length == 0) SayWrong("nothing to search for yet: / begins a search");
        else if (_pane.Search(_searched, isBackward, View) is not { } isFound) SayWrong($"{_pane.Name}: nothing to search here");
        else if (!isFound) SayWrong($"not found: {_searched}");
    }

    private bool ObeyMachine(ScreenCommand command, IMachineControl machine)
    {
        var now = machine.Destination;
        switch (command)
        {
            case ScreenCommand.Pause or ScreenCommand.Step when machine.HasPanicked:
                SayWrong("the box has panicked, time goes on no more: ( { o m lead back to before that");
                return true;
            case ScreenCommand.Pause:
                machine.IsPaused = !machine.IsPaused;
                return true;
            case ScreenCommand.Step:
                machine.IsPaused = true;
                machine.Step();
                return true;
            case ScreenCommand.Slower or ScreenCommand.Faster:
                ChangeSpeed(machine, command == ScreenCommand.Faster ? 1 : -1);
                return true;
            case ScreenCommand.SecondBack:
                return Go(machine, WholeSecond(now - TimeSpan.FromTicks(1)));
            case ScreenCommand.SecondForth:
                return Go(machine, WholeSecond(now) + TimeSpan.FromSeconds(1));
            case ScreenCommand.MinuteBack:
                return Go(machine, WholeSecond(now) - TimeSpan.FromMinutes(1));
            case ScreenCommand.MinuteForth:
                return Go(machine, WholeSecond(now) + TimeSpan.FromMinutes(1));
            case ScreenCommand.ToFront:
                return Go(machine, machine.Front);
            case ScreenCommand.ToLastKill:
                return Go(machine, machine.LastKill is { } kill ? WholeSecond(kill) : null, "nobody has been killed for want of memory so far");
            case ScreenCommand.ToLastBelowMin:
                return Go(machine, machine.LastBelowMin, "no zone has been below its min mark so far");
            default:
                return false;
        }
    }

    /// <summary>The last whole second up to a moment: what is shown on the way lies on these.</summary>
    private static TimeSpan WholeSecond(TimeSpan moment) => TimeSpan.FromSeconds(Math.Floor(moment.TotalSeconds));

    private bool Go(IMachineControl machine, TimeSpan? moment, string orElse = "")
    {
        if (moment is not { } there)
        {
            SayWrong(orElse);
            return true;
        }

        machine.IsPaused = true;
        there = there < machine.Begin ? machine.Begin : there > machine.Front ? machine.Front : there;
        machine.GoTo(there);
        return true;
    }

    private static void ChangeSpeed(IMachineControl machine, int step)
    {
        var at = Array.IndexOf(_speeds, machine.Speed);
        if (at < 0) at = Array.FindIndex(_speeds, speed => speed >= machine.Speed) - (step > 0 ? 1 : 0);
        machine.Speed = _speeds[Math.Clamp(at + step, 0, _speeds.Length - 1)];
    }

    private void ObeyActions(ScreenCommand command)
    {
        // A box that runs has gone on since the moment that is shown: what dialogs say is read of now.
        var now = new Reading(View.Source.Tree, new ProcessReader(View.Source.Tree), () => View.Source.Now);
        if (command is ScreenCommand.Kill or ScreenCommand.OomScoreAdjust && ActionDialogs.ProblemOfTargets(View, now) is { Length: > 0 } problem)
        {
            SayWrong(problem);
            return;
        }

        Dialog? dialog = command switch
        {
            ScreenCommand.Actions => ActionDialogs.All(),
            ScreenCommand.Kill => ActionDialogs.Kill(View, now),
            ScreenCommand.OomScoreAdjust => ActionDialogs.OomScoreAdjust(View, now),
            ScreenCommand.Tunable => TunableDialog.Create(now),
            ScreenCommand.StartWorkload => ActionDialogs.StartWorkload(View),
            ScreenCommand.Swap => ActionDialogs.Swap(now),
            ScreenCommand.Dump => ActionDialogs.Dump(),
            ScreenCommand.Save => ActionDialogs.Save(),
            ScreenCommand.Console => ConsolePrompt(),
            _ => null,
        };
        if (dialog is not null) Ask(dialog);
    }

    /// <summary>Does a line of the console; what it prints is shown, if it is anything.</summary>
    public void Do(string line)
    {
        var output = Run(line, out var status);
        var ended = status switch { 0 => $"{line}: done", BrokenOff => $"{line}: broken off", _ => $"{line}: exit status {status}" };
        var text = output.TrimEnd('\n');
        if (text.Contains('\n', StringComparison.Ordinal)) Ask(new TextDialog(line, text));
        else if (status != 0) SayWrong(text.Length > 0 ? text : ended);
        else Say(text.Length > 0 ? text : ended);
    }

    /// <summary>Runs a line of the console.</summary>
    /// <returns>What it printed, errors among that.</returns>
    public string Run(string line, out int status)
    {
        status = 1;
        return View.Source.Machine is { } machine ? machine.Obey(line, out status) : View.Source.WriteRefusal;
    }

    private PromptDialog ConsolePrompt() => new(":", static (line, screen) =>
    {
        screen._dialogs.RemoveAt(screen._dialogs.Count - 1);   // while the command runs, its place is that of what is said about it
        if (line.Trim().Length > 0) screen.Do(line);
        return "";
    })
    {
        History = ConsoleHistory,
        Complete = View.Source.Machine is { } machine ? machine.Complete : null,
    };
}
