using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Panes;

/// <summary>
/// One way to look at a box. Draws from files alone; a file that is missing is said to be. What a pane keeps is where the user is in it,
/// nothing of the box.
/// </summary>
public abstract class Pane
{
    /// <summary>One word, as the tab at the top and the menu have it.</summary>
    public abstract string Name { get; }

    /// <summary>What it shows, in a few words, for the menu and help.</summary>
    public abstract string Description { get; }

    /// <summary>It is a text that is read: keys of less hold that elsewhere act on processes.</summary>
    public virtual bool IsText => false;

    /// <summary>Reads what a later reading will be compared with.</summary>
    public virtual void Prepare(Reading reading)
    {
    }

    public abstract void Draw(Canvas canvas, Rect area, ScreenView view);

    /// <summary>Obeys a key that is the pane's to obey.</summary>
    /// <returns>False: it means nothing here.</returns>
    public virtual bool Obey(ScreenCommand command, Screen screen) => false;

    /// <summary>A click into it, counted from its corner.</summary>
    public virtual void Click(int x, int y, Screen screen)
    {
    }

    /// <summary>Looks for a text from the cursor on.</summary>
    /// <param name="text">The text, in any case of letters.</param>
    /// <param name="isBackward">Upwards instead.</param>
    /// <param name="view">What is shown.</param>
    /// <returns>Null: there is nothing to search here; false: not found.</returns>
    public virtual bool? Search(string text, bool isBackward, ScreenView view) => null;

    /// <summary>What the cursor is on, that one might ask why about; null: nothing.</summary>
    public virtual WhySubject? Subject(ScreenView view) => null;

    /// <summary>Says in the middle of an area why there is nothing to see.</summary>
    protected static void DrawProblem(Canvas canvas, Rect area, string problem)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        if (problem.Length > 0) canvas.Write(area, 1, Math.Min(1, area.Height - 1), problem, Role.Warning);
    }
}
