using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

/// <summary>The last messages of the kernel's log, with a letter for what is worse than a notice.</summary>
internal static class LogTail
{
    private const ulong MicrosecondsPerSecond = 1_000_000;

    /// <summary>Draws a title and below it the last messages.</summary>
    public static void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        if (area.Height < 2) return;
        for (var x = 0; x < area.Width; x++) canvas.Put(area, x, 0, view.Glyphs.Horizontal, Role.Title);
        canvas.Write(area, 2, 0, " kernel log ", Role.Title);
        var log = view.Now.Log;
        if (log.Value is not { } messages)
        {
            canvas.Write(area, 1, 1, log.Problem, Role.Warning);
            return;
        }

        var rows = area.Height - 1;
        var first = Math.Max(messages.Count - rows, 0);
        for (var i = first; i < messages.Count; i++) DrawMessage(canvas, area.Row(1 + i - first), messages[i]);
    }

    private static void DrawMessage(Canvas canvas, Rect row, KernelMessage message)
    {
        var (letter, role) = message.Level switch
        {
            <= 2 => ('!', Role.LogEmergency),
            3 => ('E', Role.LogError),
            4 => ('W', Role.LogWarning),
            7 => (' ', Role.LogDebug),
            _ => (' ', Role.LogInfo),
        };
        canvas.Put(row, 0, 0, letter, role);
        var seconds = message.Microseconds / MicrosecondsPerSecond;
        var time = string.Create(CultureInfo.InvariantCulture, $"[{seconds,5}.{message.Microseconds % MicrosecondsPerSecond:000000}]");
        var x = canvas.Write(row, 1, 0, time, Role.LogTime);
        canvas.Write(row, x + 1, 0, PrintableText.Escape(message.Text.Span, isUtf8: true), role);
    }
}
