using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs.Postgres;

/// <summary>
/// A backend's commits: a record goes into a page of the WAL buffers, the page is written to the present segment, and fsync waits for it.
/// Pages of all backends lie in turn in one stream of segments, so the fsync of one takes the pages of the others along.
/// Departs: a page of the WAL belongs to one backend, which fills it record by record.
/// </summary>
internal struct WalWriting(Database database, int backend)
{
    private const int Ready = 0;
    private const int Inserting = 1;
    private const int Closing = 2;
    private const int Opening = 3;
    private const int Opened = 4;
    private const int Writing = 5;
    private const int Syncing = 6;
    private const ulong PagesOfSegment = Database.SegmentBytes / Database.BlockBytes;
    private const ulong InsertNanoseconds = 2_000;

    private int _phase;
    private int _segment = -1;
    private ulong _descriptor;
    private ulong _page;
    private ulong _filled;

    private readonly ulong Page => (_page * (ulong)database.Workers) + (ulong)backend;

    private readonly int Segment => (int)(Page / PagesOfSegment % Database.Segments);

    /// <summary>Plans a commit whose records take so many bytes.</summary>
    public void Plan(ulong bytes)
    {
        Invariant.Holds(_phase == Ready);
        _filled += bytes;
        if (_filled > Database.BlockBytes)
        {
            _page++;
            _filled = bytes;
        }

        _phase = Inserting;
    }

    /// <summary>The next request of the commit. False: it is over.</summary>
    public bool TryNext(in Reply last, ulong shared, out Request request)
    {
        switch (_phase)
        {
            case Inserting:
                _phase = Segment == _segment ? Opened : _segment < 0 ? Opening : Closing;
                request = new Request(
                    RequestKind.Touch, shared + database.WalBufferOffset(Page), Database.BlockBytes, (ulong)TouchKind.Write, InsertNanoseconds);
                return true;
            case Closing:
                _phase = Opening;
                request = new Request(RequestKind.Close, _descriptor);
                return true;
            case Opening when _segment != Segment:
                _segment = Segment;
                request = new Request(
                    RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), Database.SegmentBytes, Path: database.WalSegments[Segment]);
                return true;
            case Opening:
                _descriptor = (ulong)last.Value;
                return Seek(out request);
            case Opened:
                return Seek(out request);
            case Writing:
                _phase = Syncing;
                request = new Request(RequestKind.Write, _descriptor, Database.BlockBytes);
                return true;
            case Syncing:
                _phase = Ready;
                request = new Request(RequestKind.Fsync, _descriptor);
                return true;
            default:
                request = default;
                return false;
        }
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)_phase << 32) | (uint)_segment);
        hash.Add(_descriptor);
        hash.Add(_page);
        hash.Add(_filled);
    }

    private bool Seek(out Request request)
    {
        _phase = Writing;
        request = new Request(RequestKind.Seek, _descriptor, Page % PagesOfSegment * Database.BlockBytes);
        return true;
    }
}
