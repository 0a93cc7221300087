using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs.Postgres;

/// <summary>
/// The table files that one process has open, and one access after the other to a run of blocks: open if need be, seek, read or write.
/// </summary>
internal struct TableFiles(Database database)
{
    private const int Ready = 0;
    private const int Opening = 1;
    private const int Seeking = 2;
    private const int Transferring = 3;

    private int[] _descriptors = new int[database.Tables.Length];   // descriptor + 1; 0: not open
    private int _phase;
    private RequestKind _kind;
    private ulong _block;
    private ulong _blocks;

    private readonly int Table => (int)(_block / Database.BlocksOfTable);

    /// <summary>Descriptor of a table; -1: it is not open.</summary>
    public readonly int DescriptorOf(int table) => _descriptors[table] - 1;

    /// <summary>Plans a transfer of blocks that all lie in one table.</summary>
    public void Plan(RequestKind kind, ulong block, ulong blocks)
    {
        Invariant.Holds(_phase == Ready && kind is RequestKind.Read or RequestKind.Write);
        (_kind, _block, _blocks) = (kind, block, blocks);
        _phase = _descriptors[Table] == 0 ? Opening : Seeking;
    }

    /// <summary>The next request of the transfer. False: it is over.</summary>
    public bool TryNext(in Reply last, out Request request)
    {
        switch (_phase)
        {
            case Opening when _descriptors[Table] == 0:
                _descriptors[Table] = -1;
                request = new Request(
                    RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), database.TableBytes(Table), Path: database.Tables[Table]);
                return true;
            case Opening:
                _descriptors[Table] = (int)last.Value + 1;
                return Seek(out request);
            case Seeking:
                return Seek(out request);
            case Transferring:
                _phase = Ready;
                request = new Request(_kind, (ulong)DescriptorOf(Table), _blocks * Database.BlockBytes);
                return true;
            default:
                request = default;
                return false;
        }
    }

    public readonly TableFiles Clone() => this with { _descriptors = (int[])_descriptors.Clone() };

    public readonly void HashInto(StateHash hash)
    {
        foreach (var descriptor in _descriptors)
        {
            hash.Add((long)descriptor);
        }

        hash.Add(((ulong)(uint)_phase << 32) | (uint)_kind);
        hash.Add(_block);
        hash.Add(_blocks);
    }

    private bool Seek(out Request request)
    {
        _phase = Transferring;
        request = new Request(RequestKind.Seek, (ulong)DescriptorOf(Table), _block % Database.BlocksOfTable * Database.BlockBytes);
        return true;
    }
}
