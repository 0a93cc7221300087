using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs;

/// <summary>
/// Looks into small files one after the other: opens each, reads its beginning and closes it. A file that cannot be opened or read is
/// passed over. Files that are not there yet are made as if they had always lain on their disk.
/// </summary>
/// <param name="paths">The files. Never changed.</param>
/// <param name="bytes">How large they are, and how much is read of each.</param>
internal struct FileGlances(string[] paths, ulong bytes = 4096)
{
    private const int Closed = 0;
    private const int Opening = 1;
    private const int Reading = 2;

    private int _next;
    private int _phase;
    private ulong _descriptor;

    /// <summary>The next request.</summary>
    /// <param name="last">The answer to the one before; of no meaning at the first call.</param>
    /// <param name="request">What to ask.</param>
    /// <returns>False when all files have been looked into.</returns>
    public bool TryNext(in Reply last, out Request request)
    {
        switch (_phase)
        {
            case Opening when !last.IsError:
                _descriptor = (ulong)last.Value;
                _phase = Reading;
                request = new Request(RequestKind.Read, _descriptor, bytes);
                return true;
            case Reading:
                _phase = Closed;
                request = new Request(RequestKind.Close, _descriptor);
                return true;
            default:
                _phase = Closed;
                break;
        }

        if (_next == paths.Length)
        {
            request = default;
            return false;
        }

        _phase = Opening;
        request = new Request(RequestKind.Open, (ulong)OpenFlags.Create, bytes, Path: paths[_next++]);
        return true;
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)_next << 32) | (uint)_phase);
        hash.Add(_descriptor);
    }
}
