using System.Diagnostics.CodeAnalysis;
using VboxMem.FileTree;

namespace VboxMem.Tools;

/// <summary>Whose behaviour a tool reproduces, byte for byte.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "A version's dots have no other stand-in.")]
public enum ProcpsVersion
{
    /// <summary>Debian 12. Its known bugs are reproduced; the tests compare with the real program.</summary>
    V4_0_2,

    /// <summary>Debian 13, the emulated system.</summary>
    V4_0_4,
}

/// <summary>
/// Lets time pass between two readings of the tree: a live box runs on, the host's own tree is waited for.
/// </summary>
public interface ITicker
{
    /// <summary>Lets <paramref name="interval"/> pass.</summary>
    /// <returns>False when no further reading shall be made: interrupted, or the box has come to its end.</returns>
    bool TryAdvance(TimeSpan interval);
}

/// <summary>The clock that time stamps come from: the box's, or the host's.</summary>
public interface IWallClock
{
    /// <summary>Local time on the machine whose tree is read.</summary>
    DateTime Now { get; }

    /// <summary>Name of the time zone as <c>date +%Z</c> prints it, such as <c>UTC</c>.</summary>
    string ZoneName { get; }
}

/// <summary>What a tool works with: the tree it reads and the streams it writes.</summary>
public sealed class ToolContext
{
    public required IFileTree Tree { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public ProcpsVersion Version { get; init; } = ProcpsVersion.V4_0_4;

    /// <summary>Null: the tree stands still, and options that need a second, later reading are refused.</summary>
    public ITicker? Ticker { get; init; }

    /// <summary>Null: there is no clock, and options that print the time are refused.</summary>
    public IWallClock? Clock { get; init; }

    /// <summary>Whether the locale's characters are UTF-8; else ASCII, and names of other bytes are printed as "?".</summary>
    public bool IsUtf8 { get; init; } = true;

    /// <summary>Columns of the screen; null when the output is no terminal: then lines are as long as they need to be.</summary>
    public int? ScreenColumns { get; init; }

    /// <summary>Rows of the screen that repeated headers are spaced for; 24 when the output is no terminal, as procps has it.</summary>
    public int ScreenRows { get; init; } = 24;
}
