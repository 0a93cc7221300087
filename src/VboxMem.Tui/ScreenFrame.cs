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
        var speed = double.IsInfinity(machine.Speed) ? "full speed" : string.Create(CultureInfo.InvariantCulture, $"{machine.Speed:0.##}x");
        var way = machine.HasPanicked ? "PANIC: the box has stopped for good"
            : machine.IsPaused ? $"{View.Glyphs.Pause} paused"
            : machine.ReachedSpeed is { } reached ? string.Create(CultureInfo.InvariantCulture, $"{View.Glyphs.Play} {speed}, reaches {reached:0.#}x")
            : $"{View.Glyphs.Play} {speed}";
        var past = machine.Front - View.Now.At;
        var place = past > TimeSpan.Zero ? $"  {View.Glyphs.Left} {Sizes.Clock(past)} back" : "";
        var forks = machine.Forks > 0 ? $"  fork {machine.Forks}" : "";
        return $"{time}  {way}{place}{forks}";
    }

    private void DrawTabs(Canvas canvas, Rect row)
    {
        _tabs.Clear();
        var x = 0;
        for (var i = 0; i < Panels.Count; i++)
        {
            var pane = Panels[i];
            var label = $" {(i + 1) % 10} {pane.Name} ";
            if (x + label.Length > row.Width) break;
            _tabs.Add((x, x + label.Length, pane));
            x = canvas.Write(row, x, 0, label, pane == _pane ? Role.HeaderSorted : Role.Label);
        }

        if (!Panels.Contains(_pane)) canvas.Write(row, x, 0, $" {View.Glyphs.Right} {_pane.Name} ", Role.HeaderSorted);
    }

    private void DrawFooter(Canvas canvas, Rect row)
    {
        _footerKeys.Clear();
        if (_message.Length > 0)
        {
            if (_isMessageWrong) canvas.Fill(row, ' ', Role.Error);
            canvas.Write(row, 0, 0, _message, _isMessageWrong ? Role.Error : Role.Message);
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
