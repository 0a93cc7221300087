using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Session.Console;

/// <summary>Ends a command with a message of its own, without its name, and an exit status.</summary>
internal sealed class CommandException(string message, int status = 1) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>One command as it was called: its arguments, its streams, and what it works on.</summary>
internal sealed class CommandCall
{
    public required string Name { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required ConsoleHost Host { get; init; }

    public required BoxConsole Console { get; init; }

    public required Stream Out { get; init; }

    public required Stream Error { get; init; }

    /// <summary>What stands on its standard input, where that is a file; null: a pipe, or nothing.</summary>
    public ReadOnlyMemory<byte>? Input { get; init; }

    public void Print(string text) => Out.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>A message in its name on standard error.</summary>
    public void Complain(string message) => Say($"{Name}: {message}");

    /// <summary>A message of bash, in whose name its own commands speak.</summary>
    public void ComplainAsBash(string message) => Say($"bash: {Name}: {message}");

    /// <summary>What can be done to the box.</summary>
    /// <exception cref="CommandException">There is no box behind the tree.</exception>
    public BoxVerbs VerbsFor(string what) => Host.Verbs ?? throw new CommandException($"{what}{Errno.EROFS.Describe()}");

    /// <summary>A line on standard error.</summary>
    public void Say(string line) => Error.Write(Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>A path as the tree wants it: the console stands in the root directory.</summary>
    public static string Absolute(string path) => path.StartsWith('/') ? path : "/" + path;

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (path == BoxConsole.NullDevice)
        {
            return Errno.None;
        }

        return path.Length == 0 ? Errno.ENOENT : Host.Tree.TryRead(Absolute(path), out content);
    }

    /// <summary>Lets time pass until something is so, looking every millisecond.</summary>
    /// <returns>False: interrupted, or the run has come to its end.</returns>
    public bool WaitUntil(Func<bool> isSo)
    {
        const long TicksPerLook = TimeSpan.TicksPerMillisecond;
        Out.Flush();
        while (!isSo())
        {
            if (Host.Ticker is not { } ticker || !ticker.TryAdvance(TimeSpan.FromTicks(TicksPerLook)))
            {
                return isSo();
            }
        }

        return true;
    }
}
