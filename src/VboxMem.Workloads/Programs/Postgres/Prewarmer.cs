using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs.Postgres;

/// <summary>
/// pg_prewarm's leader: after a start reads the blocks that belong into the shared buffers from the table files, in order, and then does
/// nothing more. Departs: it reads them itself, without a worker for each database, and never notes which blocks there are.
/// </summary>
internal sealed class Prewarmer : PostgresProcess
{
    private const ulong ChunkBlocks = 16;
    private const ulong BlockNanoseconds = 1_000;

    private const int Between = 0;
    private const int Transfer = 1;

    private TableFiles _files;
    private ulong _block;
    private ulong _blocks;

    public Prewarmer(ProgramSetting setting, in Cluster cluster, int serial)
        : base(setting, cluster, "autoprewarm leader", serial) => _files = new TableFiles(Database);

    private ulong End => Math.Min(Database.Buffers, Database.Blocks);

    public override UserProgram Clone()
    {
        var copy = (Prewarmer)base.Clone();
        copy._files = _files.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _files.HashInto(hash);
        hash.Add(_block);
        hash.Add(_blocks);
    }

    protected override Request Work(in Reply last)
    {
        if (Stage == Transfer)
        {
            if (_files.TryNext(last, out var request))
            {
                return request;
            }

            Stage = Between;
            var first = Shared + Database.BufferOffset(_block);
            _block += _blocks;
            return new Request(RequestKind.Touch, first, _blocks * Database.BlockBytes, (ulong)TouchKind.Write, BlockNanoseconds);
        }

        if (MustLook(last, out var look))
        {
            return look;
        }

        if (_block == End)
        {
            return new Request(RequestKind.Poll, Request.NoDescriptor, NextLook);
        }

        // No chunk goes over the end of a table: a table is a whole number of chunks.
        _blocks = Math.Min(ChunkBlocks, End - _block);
        _files.Plan(RequestKind.Read, _block, _blocks);
        Stage = Transfer;
        return Work(last);
    }
}
