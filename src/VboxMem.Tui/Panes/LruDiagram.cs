// The two lists of a type of pages and the ways between them, as one would draw them on a board:
//
//    anon 180M                          new 7.95M/s, refaulted 80K/s
//                 +-- activated 2.45M/s ------+     |
//    +- active ---v--+                +- inactive --v-+
//    |  62.8M 34.8 % | - deactivated >|   118M 65.2 % |->  scanned    25.3M/s
//    | ####......... |      71K/s     | ########..... |  |- reclaimed  11.4M/s 45%
//    +---------------+                +------------^--+  |- to swap    11.5M/s
//     let go 120K/s                                +-----`- rotated    11.5M/s

using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class LruDiagram(Canvas canvas, Rect area, Glyphs glyphs)
{
    public const int Rows = 7;
    public const int LeastWidth = 78;

    /// <summary>Wider, and figures would stand too far from their names.</summary>
    public const int MostWidth = 124;

    private const int LeastWideWidth = 116;

    private readonly bool _isWide = area.Width >= LeastWideWidth;

    private int BoxWidth => _isWide ? 28 : 17;

    private int GapWidth => _isWide ? 24 : 17;

    private int InactiveAt => 1 + BoxWidth + GapWidth;

    private int OutAt => InactiveAt + BoxWidth;

    /// <summary>A flow in bytes a second; <c>-</c>: not known.</summary>
    public static string Flow(double? pages) => pages switch
    {
        null => "-",
        0 => "0",
        { } rate => Sizes.Kilobytes((ulong)Math.Max(Math.Round(rate * 4), 1)) + "/s",
    };

    public void Draw(LruFlows flows)
    {
        var role = flows.Type == "anon" ? Role.Anon : Role.File;
        var total = flows.Active + flows.Inactive;
        canvas.Write(area, 1, 0, flows.Type, Role.Title);
        canvas.Write(area, 6, 0, $"{Sizes.Pages(total)}{(_isWide ? flows.Type == "anon" ? ": programs, tmpfs; only swap can take them" : ": page cache; if dirty, written first" : "")}", Role.Dim);
        DrawIncoming(flows);
        DrawActivated(flows);
        DrawBox(1, "active", flows.Active, total, role);
        DrawBox(InactiveAt, "inactive", flows.Inactive, total, role);
        DrawHeads();
        DrawDeactivated(flows);
        DrawOutgoing(flows);
        var x = canvas.Write(area, 2, 6, _isWide ? "let go by their owners " : "let go ", Role.Label);
        canvas.Write(area, x, 6, Flow(flows.Freed), RoleOf(flows.Freed));
    }

    private static Role RoleOf(double? flow) => flow is > 0 ? Role.Bold : Role.Dim;

    private void DrawIncoming(LruFlows flows)
    {
        var x = canvas.Write(area, InactiveAt + (_isWide ? 4 : -2), 0, "new ", Role.Label);
        x = canvas.Write(area, x, 0, Flow(flows.Added), RoleOf(flows.Added));
        x = canvas.Write(area, x, 0, ", refaulted ", Role.Label);
        canvas.Write(area, x, 0, Flow(flows.Refaulted), RoleOf(flows.Refaulted));
        canvas.Put(area, InactiveAt + BoxWidth - 4, 1, glyphs.Vertical, Role.Title);
    }

    /// <summary>From the top of inactive over to the top of active.</summary>
    private void DrawActivated(LruFlows flows)
    {
        var (from, to) = (InactiveAt + (BoxWidth / 2) - 1, BoxWidth - 3);
        canvas.Put(area, to, 1, glyphs.TopLeft, Role.Title);
        for (var x = to + 1; x < from; x++) canvas.Put(area, x, 1, glyphs.Horizontal, Role.Title);
        canvas.Put(area, from, 1, glyphs.TopRight, Role.Title);
        var end = canvas.Write(area, to + 3, 1, " activated ", Role.Label);
        end = canvas.Write(area, end, 1, Flow(flows.Activated), RoleOf(flows.Activated));
        canvas.Write(area, end, 1, _isWide ? ": used twice " : " ", Role.Label);
    }

    private void DrawBox(int x, string title, ulong pages, ulong total, Role role)
    {
        var box = new Rect(area.X + x, area.Y + 2, BoxWidth, 4);
        Frame.Draw(canvas, box, glyphs, title, Role.Title);
        canvas.WriteRight(box, BoxWidth / 2, 1, Sizes.Pages(pages), Role.Bold);
        var share = total == 0 ? 0 : 100.0 * pages / total;
        canvas.WriteRight(box, BoxWidth - 2, 1, share >= 99.95 ? "100 %" : string.Create(CultureInfo.InvariantCulture, $"{share:0.0} %"));
        var inside = new Rect(box.X + 2, box.Y + 2, BoxWidth - 4, 1);
        var filled = total == 0 ? 0 : (int)Math.Round((double)pages / total * inside.Width);
        for (var i = 0; i < inside.Width; i++) canvas.Put(inside, i, 0, i < filled ? glyphs.Full : glyphs.Empty, i < filled ? role : Role.Dim);
    }

    /// <summary>Where pages come in at the top of a box.</summary>
    private void DrawHeads()
    {
        canvas.Put(area, BoxWidth - 3, 2, glyphs.Down, Role.Title);
        canvas.Put(area, InactiveAt + BoxWidth - 4, 2, glyphs.Down, Role.Title);
    }

    private void DrawDeactivated(LruFlows flows)
    {
        var gap = new Rect(area.X + 1 + BoxWidth, area.Y, GapWidth, area.Height);
        for (var x = 1; x < GapWidth - 2; x++) canvas.Put(gap, x, 3, glyphs.Horizontal, Role.Title);
        canvas.Put(gap, GapWidth - 2, 3, glyphs.Right, Role.Title);
        canvas.Write(gap, 2, 3, " deactivated ", Role.Label);
        var flow = Flow(flows.Deactivated);
        canvas.Write(gap, (GapWidth - flow.Length) / 2, 4, flow, RoleOf(flows.Deactivated));
    }

    private void DrawOutgoing(LruFlows flows)
    {
        canvas.Put(area, OutAt, 3, glyphs.Horizontal, Role.Title);
        canvas.Put(area, OutAt + 1, 3, glyphs.Right, Role.Title);
        DrawOut(3, "", _isWide ? "scanned by reclaim" : "scanned", flows.Scanned);
        DrawOut(4, glyphs.Branch, _isWide ? "reclaimed: freed" : "reclaimed", flows.Reclaimed);
        if (flows is { Scanned: > 0 and var scanned, Reclaimed: { } reclaimed })
        {
            canvas.WriteRight(area, area.Width, 4, string.Create(CultureInfo.InvariantCulture, $"{100 * reclaimed / scanned:0}%"), Role.Dim);
        }

        DrawOut(5, glyphs.Branch, flows.Type == "anon" ? (_isWide ? "written to swap" : "to swap") : _isWide ? "written by reclaim" : "written", flows.Written);
        DrawOut(6, glyphs.LastBranch, _isWide ? "rotated: tail again" : "rotated", flows.Rotated);
        DrawWayBack();
    }

    private void DrawOut(int y, string branch, string name, double? flow)
    {
        canvas.Write(area, OutAt + 2, y, branch, Role.Title);
        canvas.Write(area, OutAt + 4, y, branch.Length == 0 ? name : " " + name, Role.Label);
        canvas.WriteRight(area, area.Width - 5, y, Flow(flow), RoleOf(flow));
    }

    /// <summary>Rotated pages go back to the tail of inactive: along the bottom, and up.</summary>
    private void DrawWayBack()
    {
        var at = OutAt - 3;
        canvas.Put(area, at, 5, glyphs.Up, Role.Title);
        canvas.Put(area, at, 6, glyphs.BottomLeft, Role.Title);
        for (var x = at + 1; x < OutAt + 2; x++) canvas.Put(area, x, 6, glyphs.Horizontal, Role.Title);
    }
}
