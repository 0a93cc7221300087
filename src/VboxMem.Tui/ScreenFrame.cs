using System.Globalization;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Sources;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui;

/// <summary>What stands around the panes: status line, tabs, footer.</summary>
public sealed partial class Screen
{
    /// <summary>What the footer can name, from left to right.</summary>
    private static readonly Binding[] _footerBindings =
        [.. KeyBindings.All.Where(static binding => binding.Footer.Length > 0).OrderBy(static binding => FooterPlace(binding))];

    private void DrawStatus(Canvas canvas, Rect row)
    {
        canvas.Fill(row, ' ', Role.Status);
        var x = canvas.Write(row, 1, 0, View.Source.Name, Role.Status) + 2;
        canvas.Write(row, x, 0, StatusText(View.Source), Role.Status);
        canvas.WriteRight(row, row.Width - 1, 0, View.Source.WriteRefusal.Length > 0 ? "read-only" : "", Role.Status);
    }

    private string StatusText(ISource source)
    {
        var time = $"up {Sizes.Clock(View.Now.At)}";
        if (source.Machine is not { } machine) return time;
        var hundredths = View.Now.At.Milliseconds / 10;   // not on the grid of seconds: slower than real time, or stopped in between
        if (hundredths > 0) time += string.Create(CultureInfo.InvariantCulture, $".{hundredths:00}");
        var speed = double.IsInfinity(machine.Speed) ? "full speed" : string.Create(CultureInfo.InvariantCulture, $"{machine.Speed:0.##}x");
        var way = machine.HasPanicked ? "PANIC: the box has stopped for good"
            : machine.IsPaused ? $"{View.Glyphs.Pause} paused, {speed}"
            : machine.ReachedSpeed is { } reached ? string.Create(CultureInfo.InvariantCulture, $"{View.Glyphs.Play} {speed}, reaches {reached:0.#}x")
            : $"{View.Glyphs.Play} {speed}";
        var past = source.Now < machine.Front ? machine.Front - View.Now.At : default;   // a frame of a box that runs is a little old, not in the past
        var place = past > TimeSpan.Zero ? $"  {View.Glyphs.Left} {Sizes.Clock(past)} back" : "";
        var forks = machine.Forks > 0 ? $"  fork {machine.Forks}, from {Sizes.Clock(machine.ForkedAt)}" : "";
        return $"{time}  {way}{place}{forks}";
    }

    private void DrawTabs(Canvas canvas, Rect row)
    {
        _tabs.Clear();
        var isWide = true;
        var widths = Panels.Sum(static pane => pane.Name.Length);
        if (widths + (Panels.Count * 4) > row.Width) isWide = false;

        // The open pane is always named: at the end of the row, where it is not among those that fit.
        var own = Panels.IndexOf(_pane);
        var ownLabel = own < 0 ? $" {View.Glyphs.Right} {_pane.Name} " : TabLabel(own, isWide);
        var (x, isNamed) = (0, false);
        for (var i = 0; i < Panels.Count; i++)
        {
            var label = TabLabel(i, isWide);
            var room = row.Width - (isNamed || i == own ? 0 : ownLabel.Length);
            if (x + label.Length > room) break;
            _tabs.Add((x, x + label.Length, Panels[i]));
            x = canvas.Write(row, x, 0, label, i == own ? Role.HeaderSorted : Role.Label);
            isNamed |= i == own;
        }

        if (!isNamed) canvas.Write(row, x, 0, ownLabel, Role.HeaderSorted);
    }

    private string TabLabel(int place, bool isWide) => isWide ? $" {(place + 1) % 10} {Panels[place].Name} " : $" {(place + 1) % 10}{Panels[place].Name}";

    private void DrawFooter(Canvas canvas, Rect row)
    {
        _footerKeys.Clear();
        if (_message.Length > 0)
        {
            DrawMessage(canvas, row);
            return;
        }

        var (x, refusal) = (0, View.Source.WriteRefusal);
        var room = row.Width - (refusal.Length > 0 ? refusal.Length + 2 : 0);
        foreach (var binding in _footerBindings)
        {
            if (!Offers(binding)) continue;
            var key = binding.Keys[0].ToString();
            var from = x;
            if (x + key.Length + binding.Footer.Length + 1 > room) break;
            x = canvas.Write(row, x, 0, key, Role.FooterKey);
            x = canvas.Write(row, x, 0, binding.Footer.PadRight(binding.Footer.Length + 1), Role.FooterLabel);
            _footerKeys.Add((from, x, binding.Command));
        }

        if (refusal.Length > 0) canvas.Write(row, x + 1, 0, refusal, Role.Dim);
    }

    /// <summary>A message that is wider than the row takes rows of the pane.</summary>
    private void DrawMessage(Canvas canvas, Rect row)
    {
        var lines = WrappedText.Lines(_message, row.Width);
        var count = Math.Min(lines.Count, _paneArea.Height);
        for (var i = 0; i < count; i++)
        {
            var line = row with { Y = row.Y - count + 1 + i };
            if (_isMessageWrong || count > 1) canvas.Fill(line, ' ', _isMessageWrong ? Role.Error : Role.Message);
            canvas.Write(line, 0, 0, lines[i], _isMessageWrong ? Role.Error : Role.Message);
        }
    }

    /// <summary>Function keys in their order, then letters.</summary>
    private static int FooterPlace(Binding binding) =>
        binding.Keys[0].Code == Terminal.KeyCode.Character ? 100 : (int)binding.Keys[0].Code;

    private bool Offers(Binding binding) => binding.Needs switch
    {
        Needs.Machine => View.Source.Machine is not null,
        Needs.Writes => View.Source.WriteRefusal.Length == 0,
        _ => true,
    };
}
