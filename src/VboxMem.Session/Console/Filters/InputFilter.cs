// What a command makes of its input, piece by piece: the files it names one after the other, or what comes through the pipe.

using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Session.Console.Filters;

internal abstract class InputFilter(CommandCall call, IReadOnlyList<string> files)
{
    private const string StandardInput = "-";

    protected CommandCall Call { get; } = call;

    /// <summary>Files it names; "-" is standard input. None: standard input.</summary>
    public IReadOnlyList<string> Files { get; } = files;

    /// <summary>It takes what comes through the pipe.</summary>
    public bool TakesPipe => Files.Count == 0 || Files.Contains(StandardInput);

    /// <summary>It wants no more.</summary>
    public virtual bool IsFull => IsBroken;

    /// <summary>Nobody reads what it writes.</summary>
    public bool IsBroken { get; set; }

    /// <summary>A file, or the pipe, begins. Not called for the pipe when no file is named.</summary>
    /// <param name="name">The file's; null: standard input.</param>
    protected virtual void Begin(string? name)
    {
    }

    /// <summary>More of its input.</summary>
    public abstract void Take(ReadOnlySpan<byte> bytes);

    /// <summary>The file, or the pipe, has ended.</summary>
    protected virtual void End()
    {
    }

    /// <summary>All input has ended.</summary>
    /// <returns>Its exit status.</returns>
    protected abstract int Conclude();

    /// <summary>How it words that a file cannot be read; null: it does not.</summary>
    protected virtual string? WordsFor(string file, Errno errno) => $"{file}: {errno.Describe()}";

    /// <summary>A file could not be read.</summary>
    protected bool HasFailed { get; private set; }

    /// <summary>Where a pipe comes first among its files, it is taken as it comes; files in front of it are read here.</summary>
    public void Prepare()
    {
        foreach (var file in Files)
        {
            if (file == StandardInput)
            {
                Begin(null);
                return;
            }

            ReadFile(file);
        }

        if (Files.Count == 0)
        {
            Begin(null);
        }
    }

    /// <summary>The pipe has ended, or there was none: reads what is left, and concludes.</summary>
    public int Finish()
    {
        if (IsBroken)
        {
            return PipeClosedException.Status;
        }

        if (TakesPipe)
        {
            if (Call.Input is { } input && !IsFull)
            {
                Take(input.Span);
            }

            End();
        }

        var rest = Files.Count == 0 ? 0 : Files.ToList().IndexOf(StandardInput) + 1;
        for (; rest > 0 && rest < Files.Count; rest++)
        {
            if (Files[rest] == StandardInput)
            {
                Begin(null);   // read to its end already
                End();
            }
            else
            {
                ReadFile(Files[rest]);
            }
        }

        return Conclude();
    }

    /// <summary>Bytes as characters, one for each: those above 127 as characters that are no letters, as in the C locale.</summary>
    protected static string Decode(ReadOnlySpan<byte> bytes)
    {
        return string.Create(bytes.Length, bytes, static (text, bytes) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = bytes[i] < 0x80 ? (char)bytes[i] : (char)(PosixPattern.HighBytes + bytes[i]);
            }
        });
    }

    protected void Print(string text) => Call.Out.Write(Encoding.UTF8.GetBytes(text));

    private void ReadFile(string file)
    {
        if (IsFull)
        {
            return;
        }

        var errno = Call.TryRead(file, out var content);
        if (errno != Errno.None)
        {
            HasFailed = true;
            if (WordsFor(file, errno) is { } words)
            {
                Call.Complain(words);
            }

            return;
        }

        Begin(file);
        if (!content.IsEmpty)
        {
            Take(content.Span);
        }

        End();
    }
}
