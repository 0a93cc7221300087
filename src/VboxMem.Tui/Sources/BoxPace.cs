namespace VboxMem.Tui.Sources;

/// <summary>How far a box should have come by now at its speed, and how far it is.</summary>
/// <param name="box">The box.</param>
/// <param name="clock">Real time since some moment.</param>
internal sealed class BoxPace(BoxSource box, Func<TimeSpan> clock)
{
    /// <summary>A box that is so late does not catch up: it is said what it reaches.</summary>
    private static readonly TimeSpan _tooLate = TimeSpan.FromMilliseconds(300);

    /// <summary>Real time that may gather before the box goes on; the moments of the grid do not wait.</summary>
    private static readonly TimeSpan _leastLag = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan _longestPiece = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _shortestPiece = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _pieceGoal = TimeSpan.FromMilliseconds(2);

    private TimeSpan _realStart = clock();
    private TimeSpan _boxStart = box.Now;
    private TimeSpan _measuredReal = clock();
    private TimeSpan _measuredBox = box.Now;
    private TimeSpan _piece = TimeSpan.FromMilliseconds(10);
    private TimeSpan _realOfGrid = clock();
    private double _speed = box.Speed;

    public BoxSource Box => box;

    /// <summary>It should be further than it is, by so much that it pays to go on.</summary>
    public bool IsBehind => IsWorthwhile(Goal);

    /// <summary>Real time until the next moment of the grid is due.</summary>
    public TimeSpan UntilNextGrid => double.IsInfinity(_speed) ? TimeSpan.Zero : (box.NextOfGrid - Goal) / _speed;

    /// <summary>The moment of the grid that was reached last; none: zero.</summary>
    public TimeSpan GridMoment { get; private set; }

    /// <summary>How long it will be until the next moment of the grid, in real time.</summary>
    public TimeSpan TimeToNextGrid { get; private set; }

    /// <summary>From here and now on it goes at its speed.</summary>
    public void Anchor() => (_realStart, _boxStart, _measuredReal, _measuredBox, _speed) = (clock(), box.Now, clock(), box.Now, box.Speed);

    /// <summary>Lets the box run for a piece, to the next moment of the grid at most.</summary>
    /// <returns>False: it is where it should be, or does not go on.</returns>
    public bool Run()
    {
        if (_speed != box.Speed) Anchor();
        var goal = Goal;
        if (!IsWorthwhile(goal)) return false;
        var real = clock();
        var late = (goal - box.Now) / Math.Max(_speed, 1);
        if (!double.IsInfinity(_speed) && late > _tooLate) (_realStart, _boxStart) = (real, box.Now);
        var grid = box.NextOfGrid;
        var stop = box.Now + _piece;
        stop = stop < goal ? stop : goal;
        stop = stop < grid ? stop : grid;
        if (stop <= box.Now || !box.AdvanceTo(stop)) return false;
        Adapt(clock() - real);
        if (stop == grid)
        {
            GridMoment = grid;
            var now = clock();
            TimeToNextGrid = double.IsInfinity(_speed) ? (now - _realOfGrid) * 1.5 : box.Interval / _speed;
            _realOfGrid = now;
        }

        return true;
    }

    /// <summary>Says what speed was reached since the last time this was asked.</summary>
    public void Measure()
    {
        var (real, now) = (clock(), box.Now);
        var reached = (now - _measuredBox) / (real - _measuredReal);
        (_measuredReal, _measuredBox) = (real, now);
        box.ReachedSpeed = double.IsInfinity(_speed) || reached < 0.9 * _speed ? reached : null;
    }

    private TimeSpan Goal => double.IsInfinity(box.Speed) ? TimeSpan.MaxValue : _boxStart + ((clock() - _realStart) * box.Speed);

    private bool IsWorthwhile(TimeSpan goal) => goal > box.Now && (goal >= box.NextOfGrid || goal - box.Now >= _leastLag * Math.Min(_speed, 1e6));

    private void Adapt(TimeSpan took)
    {
        if (took > _pieceGoal * 2 && _piece > _shortestPiece) _piece /= 2;
        else if (took < _pieceGoal && _piece < _longestPiece) _piece *= 2;
    }
}
