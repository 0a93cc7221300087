using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Dialogs;

/// <summary>Something that lies over the panes and takes all keys until it is closed.</summary>
public abstract class Dialog
{
    public abstract void Draw(Canvas canvas, Rect screen, ScreenView view);

    /// <summary>Takes a key.</summary>
    /// <returns>False: it is done and to be closed.</returns>
    public abstract bool Take(Key key, Screen screen);

    /// <summary>Takes a click, in columns and rows of the screen.</summary>
    /// <returns>False: it is done and to be closed.</returns>
    public virtual bool Click(int x, int y, Screen screen) => true;

    /// <summary>Takes what was pasted.</summary>
    public virtual void Paste(string text)
    {
    }

    /// <summary>Draws an empty frame in the middle of the screen.</summary>
    /// <returns>Its inside.</returns>
    protected static Rect DrawFrame(Canvas canvas, Rect screen, int width, int height, string title, Glyphs glyphs)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(glyphs);
        width = Math.Min(width + 4, screen.Width);
        height = Math.Min(height + 2, screen.Height);
        var frame = new Rect(screen.X + ((screen.Width - width) / 2), screen.Y + ((screen.Height - height) / 2), width, height);
        canvas.Fill(frame, ' ', Role.Dialog);
        for (var x = 1; x < width - 1; x++)
        {
            canvas.Put(frame, x, 0, glyphs.Horizontal, Role.DialogFrame);
            canvas.Put(frame, x, height - 1, glyphs.Horizontal, Role.DialogFrame);
        }

        for (var y = 1; y < height - 1; y++)
        {
            canvas.Put(frame, 0, y, glyphs.Vertical, Role.DialogFrame);
            canvas.Put(frame, width - 1, y, glyphs.Vertical, Role.DialogFrame);
        }

        canvas.Put(frame, 0, 0, glyphs.TopLeft, Role.DialogFrame);
        canvas.Put(frame, width - 1, 0, glyphs.TopRight, Role.DialogFrame);
        canvas.Put(frame, 0, height - 1, glyphs.BottomLeft, Role.DialogFrame);
        canvas.Put(frame, width - 1, height - 1, glyphs.BottomRight, Role.DialogFrame);
        canvas.Write(frame.Left(width - 2), 2, 0, $" {title} ", Role.DialogFrame);
        return new Rect(frame.X + 2, frame.Y + 1, width - 4, height - 2);
    }
}
