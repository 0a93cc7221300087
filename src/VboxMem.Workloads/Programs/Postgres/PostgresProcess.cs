using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs.Postgres;

/// <summary>
/// A child of the postmaster: gives itself a session, its own standing towards the OOM killer and its title, and ends when it notices that its
/// postmaster is gone.
/// </summary>
internal abstract class PostgresProcess : Service
{
    /// <summary>How often it looks after its postmaster.</summary>
    private const ulong LookNanoseconds = SimTime.NanosecondsPerSecond;

    private const int Forked = 0;
    private const int Alone = 1;
    private const int Adjusted = 2;
    private const int Titled = 3;
    private const int Begun = 4;

    private readonly Cluster _cluster;
    private readonly string _title;
    private int _start;
    private ulong _nextLook;
    private bool _isLooking;

    /// <param name="setting">The group's.</param>
    /// <param name="cluster">What it has from its postmaster.</param>
    /// <param name="role">What it is, as its title says it.</param>
    /// <param name="serial">Which child of the postmaster it is: its chance is its own.</param>
    protected PostgresProcess(ProgramSetting setting, in Cluster cluster, string role, int serial)
        : base(setting, $"{role}#{serial}")
    {
        _cluster = cluster;
        _title = $"postgres: 17/main: {role}";
    }

    public sealed override ProgramImage Image => Postmaster.Executable;

    protected Database Database => _cluster.Database;

    /// <summary>Of the code, what it uses.</summary>
    protected virtual ulong UsedCodeBytes => 320 << 10;

    /// <summary>Where shared memory begins.</summary>
    protected ulong Shared => _cluster.Shared;

    /// <summary>When it wakes at the latest, to look after its postmaster.</summary>
    protected ulong NextLook => _nextLook;

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_cluster.Shared);
        hash.Add(((ulong)(uint)_cluster.Postmaster << 32) | (uint)_start);
        hash.Add(_nextLook);
        hash.Add(_isLooking);
    }

    protected sealed override Request Advance(in Reply last)
    {
        switch (_start)
        {
            case Forked:
                _start = Alone;
                return new Request(RequestKind.SetSession);   // InitPostmasterChild
            case Alone:
                _start = Adjusted;
                return new Request(RequestKind.SetOomScoreAdj);   // PG_OOM_ADJUST_FILE of Debian's service
            case Adjusted:
                _start = Titled;
                return new Request(RequestKind.SetTitle, Path: _title);
            case Titled:
                _start = Begun;
                return ProgramCode.Run(UsedCodeBytes);
            default:
                return Continue(last);
        }
    }

    /// <summary>The postmaster is gone: an answer to a look.</summary>
    protected override bool Expects(SystemCallError error) => _isLooking && error == SystemCallError.NoProcess;

    /// <summary>The next request of its own work.</summary>
    protected abstract Request Work(in Reply last);

    /// <summary>Whether it is time to look after the postmaster: kill(2) with signal 0. The answer is not handed to the work.</summary>
    protected bool MustLook(in Reply last, out Request request)
    {
        request = default;
        if (last.Now.Nanoseconds < _nextLook)
        {
            return false;
        }

        _nextLook = last.Now.Nanoseconds + LookNanoseconds;
        _isLooking = true;
        request = new Request(RequestKind.Kill, (ulong)_cluster.Postmaster, (ulong)Signal.None);
        return true;
    }

    private Request Continue(in Reply last)
    {
        if (!_isLooking)
        {
            return Work(last);
        }

        _isLooking = false;
        return last.IsError ? new Request(RequestKind.Exit, 1) : Work(last with { Value = 0 });
    }

    /// <summary>What a child has from its postmaster.</summary>
    /// <param name="Database">The layout.</param>
    /// <param name="Shared">Where shared memory begins.</param>
    /// <param name="Postmaster">Its pid.</param>
    internal readonly record struct Cluster(Database Database, ulong Shared, int Postmaster);
}
