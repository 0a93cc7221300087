using VboxMem.FileTree;

namespace VboxMem.Tools.Tests;

/// <summary>Runs our tools and catches what they print.</summary>
internal static class Ours
{
    public static Outcome Run(
        IFileTree tree, ProcpsVersion version, string[] command, ITicker? ticker = null, IWallClock? clock = null, bool isUtf8 = false)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new ToolContext
        {
            Tree = tree, Out = output, Error = error, Version = version, Ticker = ticker, Clock = clock, IsUtf8 = isUtf8,
        };
        var code = ToolRegistry.Find(command[0])!(command[1..], context);
        return new Outcome(output.ToString(), error.ToString(), code);
    }
}

/// <summary>A ticker that lets no time pass, but does something at each tick.</summary>
internal sealed class ScriptedTicker(Action<int, TimeSpan>? atTick = null, int ticks = int.MaxValue) : ITicker
{
    private int _ticked;

    public bool TryAdvance(TimeSpan interval)
    {
        if (_ticked == ticks) return false;
        _ticked++;
        atTick?.Invoke(_ticked, interval);
        return true;
    }
}

internal sealed class FixedClock : IWallClock
{
    public DateTime Now { get; init; } = new(2026, 11, 24, 12, 39, 53);

    public string ZoneName => "UTC";
}
