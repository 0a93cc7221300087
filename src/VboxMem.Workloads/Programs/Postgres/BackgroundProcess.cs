using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs.Postgres;

/// <summary>
/// A process that wakes every so often and looks into shared memory: walwriter, background writer, the launchers. Departs: backends
/// flush their own commits and write the dirty blocks that they replace, so the writers find nothing to write; nothing is vacuumed.
/// </summary>
internal sealed class BackgroundProcess : PostgresProcess
{
    private readonly SimTime _every;
    private readonly ulong _offset;
    private readonly ulong _bytes;
    private ulong _due;

    private BackgroundProcess(ProgramSetting setting, in Cluster cluster, int serial, string role, SimTime every, ulong offset, ulong bytes)
        : base(setting, cluster, role, serial) => (_every, _offset, _bytes) = (every, offset, bytes);

    /// <summary>wal_writer_delay 200 ms.</summary>
    public static BackgroundProcess WalWriter(ProgramSetting setting, in Cluster cluster, int serial) => new(
        setting, cluster, serial, "walwriter", SimTime.FromMilliseconds(200), cluster.Database.WalBufferOffset(0), Database.BlockBytes);

    /// <summary>bgwriter_delay 200 ms; it goes over the descriptors of buffers.</summary>
    public static BackgroundProcess BackgroundWriter(ProgramSetting setting, in Cluster cluster, int serial) => new(
        setting, cluster, serial, "background writer", SimTime.FromMilliseconds(200), 0, 4 * Database.BlockBytes);

    /// <summary>autovacuum_naptime 1 min.</summary>
    public static BackgroundProcess AutovacuumLauncher(ProgramSetting setting, in Cluster cluster, int serial) => new(
        setting, cluster, serial, "autovacuum launcher", SimTime.FromSeconds(60), 0, Database.BlockBytes);

    /// <summary>DEFAULT_NAPTIME_PER_CYCLE 3 min.</summary>
    public static BackgroundProcess ReplicationLauncher(ProgramSetting setting, in Cluster cluster, int serial) => new(
        setting, cluster, serial, "logical replication launcher", SimTime.FromSeconds(180), 0, Database.BlockBytes);

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_due);
    }

    protected override Request Work(in Reply last)
    {
        if (MustLook(last, out var look))
        {
            return look;
        }

        if (last.Now.Nanoseconds < _due)
        {
            return new Request(RequestKind.Poll, Request.NoDescriptor, Math.Min(_due, NextLook));
        }

        _due = last.Now.Nanoseconds + _every.Nanoseconds;
        return new Request(RequestKind.Touch, Shared + _offset, _bytes, (ulong)TouchKind.Read);
    }
}
