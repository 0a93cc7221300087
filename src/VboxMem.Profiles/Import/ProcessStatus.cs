using System.Text;
using VboxMem.Tools;
using VboxMem.Tools.Parsing;

namespace VboxMem.Profiles.Import;

/// <summary>What an import needs of <c>/proc/PID/status</c>, in kB.</summary>
internal sealed record ProcessStatus
{
    private const ulong MostThreads = 100_000;

    public string Name { get; private set; } = "";

    public int ParentPid { get; private set; }

    /// <summary>The effective user and group.</summary>
    public uint Uid { get; private set; }

    public uint Gid { get; private set; }

    public int Threads { get; private set; } = 1;

    public ulong RssKilobytes { get; private set; }

    public ulong? AnonKilobytes { get; private set; }

    public ulong? FileKilobytes { get; private set; }

    public ulong? ShmemKilobytes { get; private set; }

    public ulong SwapKilobytes { get; private set; }

    /// <summary>It has memory of its own: it is neither a kernel thread nor a zombie.</summary>
    public bool IsUser { get; private set; }

    /// <exception cref="ProcFormatException">A line that is needed is malformed.</exception>
    public static ProcessStatus Parse(ReadOnlySpan<byte> text, string path)
    {
        var status = new ProcessStatus();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            var name = Encoding.UTF8.GetString(reader.TakeUpTo((byte)':'));
            switch (name)
            {
                case "Name":
                    status.Name = Encoding.UTF8.GetString(reader.Rest.Trim("\t "u8));
                    break;
                case "PPid":
                    status.ParentPid = (int)Limited(reader.TakeNumber(name), int.MaxValue, name, reader);
                    break;
                case "Uid" or "Gid":
                    reader.TakeNumber(name);
                    var number = (uint)Limited(reader.TakeNumber(name), uint.MaxValue - 1, name, reader);
                    (status.Uid, status.Gid) = name == "Uid" ? (number, status.Gid) : (status.Uid, number);
                    break;
                case "Threads":
                    status.Threads = (int)Math.Clamp(reader.TakeNumber(name), 1, MostThreads);
                    break;
                default:
                    status.TakeSize(name, ref reader);
                    break;
            }
        }

        return status;
    }

    private void TakeSize(string name, ref LineReader reader)
    {
        switch (name)
        {
            case "VmSize":
                IsUser = true;
                break;
            case "VmRSS":
                RssKilobytes = Size(name, ref reader);
                break;
            case "RssAnon":
                AnonKilobytes = Size(name, ref reader);
                break;
            case "RssFile":
                FileKilobytes = Size(name, ref reader);
                break;
            case "RssShmem":
                ShmemKilobytes = Size(name, ref reader);
                break;
            case "VmSwap":
                SwapKilobytes = Size(name, ref reader);
                break;
            default:
                break;
        }
    }

    private static ulong Size(string name, ref LineReader reader)
    {
        var kilobytes = Limited(reader.TakeNumber(name), 1UL << 36, name, reader);
        reader.Skip("kB"u8);
        return kilobytes;
    }

    private static ulong Limited(ulong value, ulong most, string name, in LineReader reader) =>
        value <= most ? value : throw reader.Malformed($"{name} is {value}, allowed are 0 to {most}");
}
