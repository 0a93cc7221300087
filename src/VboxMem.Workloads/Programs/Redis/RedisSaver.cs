using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs.Redis;

/// <summary>
/// The forked child that saves: reads all data as it was at the fork and writes it to the dump file, synced every 4 MiB; at the end the
/// file leaves the page cache (rdb-save-incremental-fsync, reclaimFilePageCache).
/// </summary>
/// <param name="setting">The group's.</param>
/// <param name="chunks">Addresses of the data. Never changed.</param>
/// <param name="chunkBytes">Bytes of a chunk.</param>
/// <param name="bytes">Bytes of all data.</param>
/// <param name="path">The dump file.</param>
internal sealed class RedisSaver(ProgramSetting setting, ulong[] chunks, ulong chunkBytes, ulong bytes, string path) : Service(setting, "bgsave")
{
    private const ulong PartBytes = 1 << 20;
    private const ulong SyncEveryParts = 8;   // of 1 MiB of data each, half of it written
    private const ulong DumpShare = 2;
    private const ulong PageNanoseconds = 14_000;
    private const ulong UsedCodeBytes = 96 << 10;

    private const int Begin = 0;
    private const int Titled = 1;
    private const int Running = 2;
    private const int Opened = 3;
    private const int Reading = 4;
    private const int Writing = 5;
    private const int Synced = 6;
    private const int Dropped = 7;
    private const int Closed = 8;

    private ulong _file;
    private ulong _done;
    private ulong _part;
    private ulong _parts;

    public override ProgramImage Image => RedisServer.Executable;

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_file);
        hash.Add(_done);
        hash.Add(_part);
        hash.Add(_parts);
    }

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                Stage = Titled;
                return new Request(RequestKind.SetTitle, Path: "redis-rdb-bgsave 127.0.0.1:6379");
            case Titled:
                Stage = Running;
                return ProgramCode.Run(UsedCodeBytes);
            case Running:
                Stage = Opened;
                return new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Truncate), Path: path);
            case Opened:
                _file = (ulong)last.Value;
                return Read();
            case Reading:
                Stage = Writing;
                return new Request(RequestKind.Write, _file, Math.Max(1, _part / DumpShare));
            case Writing when ++_parts % SyncEveryParts == 0 || _done == bytes:
                Stage = Synced;
                return new Request(RequestKind.Fsync, _file);
            case Writing:
                return Read();
            case Synced when _done < bytes:
                return Read();
            case Synced:
                Stage = Dropped;
                return new Request(RequestKind.Fadvise, _file, 0, 0, (ulong)FileAdvice.DontNeed);
            case Dropped:
                Stage = Closed;
                return new Request(RequestKind.Close, _file);
            default:
                return Exit();
        }
    }

    private Request Read()
    {
        Stage = Reading;
        var offset = _done % chunkBytes;
        _part = Math.Min(Math.Min(PartBytes, chunkBytes - offset), bytes - _done);
        var address = chunks[_done / chunkBytes] + offset;
        _done += _part;
        return new Request(RequestKind.Touch, address, _part, (ulong)TouchKind.Read, PageNanoseconds);
    }
}
