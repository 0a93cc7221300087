using VboxMem.Kernel;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Programs;

/// <summary>
/// Lines of an access log in nginx's combined format that wait in a buffer to be written (access_log … buffer=32k flush=5s): only their
/// lengths. A request has one line.
/// </summary>
internal struct AccessLog
{
    public const ulong BufferBytes = 32 << 10;

    /// <summary>All of a line but the client's address and agent, the path and the number of bytes; an answer's code has three digits.</summary>
    private const string Frame = " - - [27/Nov/2026:13:56:48 +0000] \"GET  HTTP/1.1\" 200  \"-\" \"\"\n";

    /// <summary>Bytes in the buffer.</summary>
    public ulong Waiting { get; private set; }

    /// <summary>Lines since the program started, and their bytes.</summary>
    public ulong Lines { get; private set; }

    public ulong Bytes { get; private set; }

    /// <summary>Bytes of a line.</summary>
    /// <param name="client">Who asked.</param>
    /// <param name="urlLength">Characters of what it asked for.</param>
    /// <param name="sentBytes">Bytes of the answer's body.</param>
    public static ulong LineBytes(Client client, int urlLength, ulong sentBytes) =>
        (ulong)(Frame.Length + client.Address.Length + client.UserAgent.Length + urlLength + Digits(sentBytes));

    /// <summary>Whether another line finds room in the buffer; else it must be written first.</summary>
    public readonly bool HasRoomFor(ulong lineBytes) => Waiting + lineBytes <= BufferBytes;

    public void Add(ulong lineBytes)
    {
        Invariant.Holds(HasRoomFor(lineBytes));
        Waiting += lineBytes;
        Lines++;
        Bytes += lineBytes;
    }

    /// <summary>The buffer has been written, or given up.</summary>
    public void Empty() => Waiting = 0;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(Waiting);
        hash.Add(Lines);
        hash.Add(Bytes);
    }

    private static int Digits(ulong value)
    {
        var digits = 1;
        for (; value >= 10; value /= 10)
        {
            digits++;
        }

        return digits;
    }
}
