// One long life of the default box, which the tests of DefaultLifeTests look back at. It runs alone, so that the memory of this process
// is the memory of the box.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Tests.Lives;

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DefaultLifeCollection : ICollectionFixture<DefaultLife>
{
    public const string Name = "default life";
}

/// <summary>The default box, 23 simulated minutes old unless VBOXMEM_LIFE says otherwise, audited four times at least.</summary>
public sealed class DefaultLife : IDisposable
{
    private const int LeastAudits = 4;
    private const int PidOfInit = 1;
    private static readonly SimTime _mostBetweenAudits = SimTime.FromSeconds(1800);
    private static readonly SimTime _minute = SimTime.FromSeconds(60);

    private readonly List<long> _hostBytes = [];
    private readonly List<long> _residentBytes = [];
    private readonly List<long> _hostBytesAfterKills = [];

    public DefaultLife()
    {
        Lasted = BuiltIn.Life("23m");
        Box = BuiltIn.Boot("default");
        Watch = new RunWatch(Box.Machine);
        var between = Math.Min(_mostBetweenAudits.Nanoseconds, Lasted.Nanoseconds / LeastAudits) / _minute.Nanoseconds * _minute.Nanoseconds;
        Box.RunFor(SimTime.FromSeconds(5));
        SshdAtFirst = [.. Box.Workload.Groups.MembersOf("sshd").Take(1)];
        TasksAtFirst = Box.Machine.Processes.Count;
        for (var done = _minute.Nanoseconds; done <= Lasted.Nanoseconds; done += _minute.Nanoseconds)
        {
            Box.RunFor(done == _minute.Nanoseconds ? SimTime.FromSeconds(55) : _minute, Look);
            _hostBytes.Add(GC.GetTotalMemory(forceFullCollection: true));
            _residentBytes.Add(Environment.WorkingSet);
            if (done % between == 0)
            {
                Audit.Check(Box.Machine);
                Audits++;
            }
        }

        SshdAtLast = [.. Box.Workload.Groups.MembersOf("sshd").Take(1)];
        InitLives = Box.Machine.Processes.TryGet(PidOfInit, out _);
    }

    public SimTime Lasted { get; }

    public Box Box { get; }

    public RunWatch Watch { get; }

    public int Audits { get; }

    public int TasksAtFirst { get; }

    /// <summary>The listener's pid, if it lives.</summary>
    public IReadOnlyList<int> SshdAtFirst { get; }

    public IReadOnlyList<int> SshdAtLast { get; }

    public bool InitLives { get; }

    /// <summary>Managed memory of this process after each simulated minute.</summary>
    public IReadOnlyList<long> HostBytes => _hostBytes;

    /// <summary>Managed memory of this process a minute after each kill: the leak is as high as after the others then.</summary>
    public IReadOnlyList<long> HostBytesAfterKills => _hostBytesAfterKills;

    /// <summary>All memory of this process, from outside.</summary>
    public IReadOnlyList<long> ResidentBytes => _residentBytes;

    public void Dispose() => Box.Dispose();

    private bool Look()
    {
        Watch.Look();
        var kills = Watch.Kills;
        if (kills.Count > _hostBytesAfterKills.Count && Box.Machine.Now >= kills[_hostBytesAfterKills.Count].At.Plus(_minute))
        {
            _hostBytesAfterKills.Add(GC.GetTotalMemory(forceFullCollection: true));
        }

        return false;
    }
}
