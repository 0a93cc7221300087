// Goal: the pane's rows are the lines that vmstat 1 prints; its cursor stays on its moment.

using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Session;
using VboxMem.Testing;
using VboxMem.Tools;
using VboxMem.Tools.Processes;
using VboxMem.Tools.Vmstat;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Tests.Panes;

[Collection(MomentsCollection.Name)]
public sealed class VmstatPaneTests
{
    private const int Columns = 18;

    [Theory]
    [InlineData("default", 245, 30, 7)]
    [InlineData("dirty-storm", 20, 10, 9)]
    public void Rows_are_the_lines_of_vmstat_1(string profile, int begin, int seconds, int moving)
    {
        var loaded = ProfileLoader.Load(Path.Combine(SourceTree.Root, "profiles", profile + ".json"), [], new SortedDictionary<string, string>(StringComparer.Ordinal));
        using var box = Box.Boot(loaded.Profile!);
        box.RunFor(SimTime.FromSeconds((ulong)begin));
        var ticker = new SamplingTicker(box);
        using var output = new StringWriter();
        var context = new ToolContext { Tree = box.Tree, Out = output, Error = output, Ticker = ticker, ScreenRows = 1000 };
        Assert.Equal(0, VmstatTool.Run(["1", $"{seconds + 1}"], context));

        var expected = output.ToString().TrimEnd('\n').Split('\n')[2..].Select(FieldsOf).ToArray();
        var screen = new Screen(new ScreenView { Source = Moments.View("default", Moments.Pressed).Source, Now = ticker.Last, History = ticker.History, Glyphs = Glyphs.Ascii });
        screen.Open("vmstat");
        var rows = Moments.LinesOf(screen, 250, seconds + 6)[4..^2].Select(line => FieldsOf(line.Replace("!", "", StringComparison.Ordinal))[1..(Columns + 1)]).ToArray();
        Assert.Equal(seconds + 1, expected.Length);
        Assert.Equal(expected, rows);
        Assert.Contains(expected[1..], line => line[moving] != "0");
    }

    [Fact]
    public void What_is_not_0_and_should_be_is_marked()
    {
        var screen = Moments.Open("vmstat");
        var canvas = new Canvas(120, 40);
        screen.Draw(canvas);
        var marks = 0;
        for (var y = 4; y < 39; y++)
        {
            for (var x = 1; x < 120; x++)
            {
                if (canvas[x, y].Character != '!') continue;
                marks++;
                Assert.True(char.IsAsciiDigit((char)canvas[x - 1, y].Character));
                if (canvas[x, y].Role != Role.Selected) Assert.Equal((Role.Warning, Role.Warning), (canvas[x, y].Role, canvas[x - 1, y].Role));
            }
        }

        Assert.True(marks > 0);
    }

    [Fact]
    public void The_newest_row_is_followed_until_the_cursor_leaves_it()
    {
        var whole = Moments.View("default", Moments.Pressed);
        var history = new History();
        for (var i = 0; i < 100; i++) history.Add(whole.History[i]);
        var screen = new Screen(new ScreenView { Source = whole.Source, Now = whole.Now, History = history, Glyphs = Glyphs.Unicode });
        screen.Open("vmstat");
        Assert.Equal(Clock(whole.History[99].At), TimeUnderCursor(screen));
        history.Add(whole.History[100]);
        Assert.Equal(Clock(whole.History[100].At), TimeUnderCursor(screen));

        screen.Obey(ScreenCommand.Up);
        var kept = TimeUnderCursor(screen);
        Assert.Equal(Clock(whole.History[99].At), kept);
        for (var i = 101; i < 200; i++) history.Add(whole.History[i]);
        Assert.Equal(kept, TimeUnderCursor(screen));
        screen.Obey(ScreenCommand.End);
        history.Add(whole.History[200]);
        Assert.Equal(Clock(whole.History[200].At), TimeUnderCursor(screen));
    }

    [Fact]
    public void Gone_back_to_before_the_moment_of_the_cursor_the_newest_row_is_followed_again()
    {
        var whole = Moments.View("default", Moments.Pressed);
        var history = new History();
        for (var i = 0; i < 100; i++) history.Add(whole.History[i]);
        var screen = new Screen(new ScreenView { Source = whole.Source, Now = whole.Now, History = history, Glyphs = Glyphs.Unicode });
        screen.Open("vmstat");
        Moments.TextOf(screen, 120, 40);
        for (var i = 0; i < 3; i++) screen.Obey(ScreenCommand.Up);
        Assert.Contains("past", Moments.LinesOf(screen, 120, 40)[2], StringComparison.Ordinal);
        history.ForgetAfter(whole.History[90].At);
        Assert.Equal(Clock(whole.History[90].At), TimeUnderCursor(screen));
        Assert.Contains("newest", Moments.LinesOf(screen, 120, 40)[2], StringComparison.Ordinal);
    }

    [Fact]
    public void The_counter_of_a_column_can_be_asked_about()
    {
        var screen = Moments.Open("vmstat");
        Moments.TextOf(screen, 120, 40);
        Assert.Null(screen.Pane.Subject(screen.View));
        for (var i = 0; i < 3; i++) screen.Obey(ScreenCommand.Right);
        Assert.Equal(new WhySubject(WhyKind.Counter, "MemFree", At: screen.View.Now.At), screen.Pane.Subject(screen.View));
    }

    [Fact]
    public void Enter_goes_back_to_the_moment_under_the_cursor()
    {
        var view = Moments.View("default", Moments.Pressed);
        var machine = new RememberedGoing();
        var screen = new Screen(new ScreenView { Source = machine, Now = view.Now, History = view.History, Glyphs = Glyphs.Unicode });
        screen.Open("vmstat");
        Moments.TextOf(screen, 80, 24);
        screen.Obey(ScreenCommand.Enter);
        Assert.Null(machine.Went);
        for (var i = 0; i < 4; i++) screen.Obey(ScreenCommand.Up);
        screen.Obey(ScreenCommand.Enter);
        Assert.Equal(view.History[view.History.Count - 5].At, machine.Went);
        Assert.True(machine.IsPaused);
    }

    private static string[] FieldsOf(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Clock(TimeSpan at) => VboxMem.Tui.Widgets.Sizes.Clock(at);

    private static string TimeUnderCursor(Screen screen)
    {
        var canvas = new Canvas(120, 40);
        screen.Draw(canvas);
        for (var y = 4; y < 39; y++)
        {
            if (canvas[2, y].Role == Role.Selected) return FieldsOf(Picture.TextOf(canvas).Split('\n')[y])[0];
        }

        return "";
    }

    /// <summary>Lets a box run second by second, and takes a sample of each.</summary>
    private sealed class SamplingTicker : ITicker
    {
        private readonly Box _box;
        private readonly ProcessReader _reader;

        public SamplingTicker(Box box)
        {
            (_box, _reader) = (box, new ProcessReader(box.Tree));
            Last = Take();
        }

        public History History { get; } = new();

        public Reading Last { get; private set; }

        public bool TryAdvance(TimeSpan interval)
        {
            _box.RunFor(SimTime.FromSeconds(1));
            Last = Take();
            return true;
        }

        private Reading Take()
        {
            var reading = new Reading(_box.Tree, _reader, () => TimeSpan.FromTicks((long)(_box.Machine.Now.Nanoseconds / 100)));
            History.Add(Sample.Take(reading, History.LastBefore(reading.At)));
            return reading;
        }
    }

    /// <summary>A machine that only notes where it was told to go.</summary>
    private sealed class RememberedGoing : Sources.ISource, Sources.IMachineControl
    {
        public TimeSpan? Went { get; private set; }

        public string Name => "box";

        public IFileTree Tree { get; } = MemoryTree.Of();

        public TimeSpan Now => default;

        public string WriteRefusal => "";

        public bool IsLive => true;

        public Sources.IMachineControl Machine => this;

        public bool IsPaused { get; set; }

        public double Speed { get; set; } = 1;

        public double? ReachedSpeed => null;

        public TimeSpan Interval => TimeSpan.FromSeconds(1);

        public TimeSpan Destination => default;

        public TimeSpan Front => default;

        public TimeSpan Begin => default;

        public int Forks => 0;

        public TimeSpan ForkedAt => default;

        public bool HasPanicked => false;

        public TimeSpan? LastKill => null;

        public TimeSpan? LastBelowMin => null;

        public IReadOnlyList<(string Name, bool IsRunning)> Groups => [];

        public void GoTo(TimeSpan moment) => Went = moment;

        public void Step()
        {
        }

        public string Obey(string commandLine, out int status)
        {
            status = 0;
            return "";
        }

        public string Dump(string directory) => "";

        public string Save(string file) => "";

        public (int Start, IReadOnlyList<string> Candidates) Complete(string line, int cursor) => (0, []);

        public void Dispose()
        {
        }
    }
}
