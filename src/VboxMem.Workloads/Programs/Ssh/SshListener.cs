// sshd's listener: forks a process for each login and reaps it when the session is over.
//
//   sshd [listener] --fork, exec--> sshd-session [priv] (root) --fork--> sshd-session (the user) --fork, exec--> the login shell
//
// The listener shields itself from the OOM killer; what it forks goes back to what it had inherited itself.
//
// Models   OpenSSH 10.0 as Debian 13 packages it: sshd.c: server_accept_loop, setsid of what it forks; platform.c: oom_adjust_restore.
// Departs  no sshd-auth: who logs in is who he says; no login is ever refused.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Programs.Ssh;

/// <summary>
/// Every: between two logins, on average (1 min). Connections: how many there are room for (10). Hold: how long a session lasts, on average
/// (3 min). Pause: between two commands of a session, on average (12 s).
/// </summary>
internal sealed class SshListener : Service
{
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/sbin/sshd", 299, 236, 12, 7, [SharedLibraries.Selinux, SharedLibraries.Crypto, SharedLibraries.Pcre, SharedLibraries.Libc]);

    /// <summary>Uids of people begin here; nobody is above.</summary>
    private const uint FirstPerson = 1000;
    private const uint LastPerson = 60000;

    /// <summary>Sessions at a time.</summary>
    private const int DefaultSessions = 10;

    private const uint LogLineBytes = 90;
    private const ulong LeastGapNanoseconds = SimTime.NanosecondsPerSecond / 100;
    private static readonly SimTime _defaultEvery = SimTime.FromSeconds(60);

    private const int Begin = 0;
    private const int Titled = 1;
    private const int Listening = 2;
    private const int Reaping = 3;
    private const int Forked = 4;

    private readonly Account[] _people;
    private int[] _sessions;
    private int _slot;
    private int _logins;
    private ulong _nextLogin;

    public SshListener(ProgramSetting setting)
        : base(setting)
    {
        _people = [.. setting.Scenario.Accounts.All.Where(static account => account.Uid is >= FirstPerson and <= LastPerson)];
        if (_people.Length == 0)
        {
            _people = [new Account("nobody", FirstPerson, FirstPerson, "nobody", "/nonexistent", "/bin/bash")];
        }

        _sessions = new int[setting.Parameters.Connections > 0 ? setting.Parameters.Connections : DefaultSessions];
    }

    public override ProgramImage Image => Executable;

    public override string CommandLine => Image.Path + "\0-D\0";

    public override ulong HandledSignals => 1UL << (int)Signal.Child;

    private ulong MeanGap => Math.Max((Parameters.Every ?? _defaultEvery).Nanoseconds, LeastGapNanoseconds);

    public override UserProgram Clone()
    {
        var copy = (SshListener)base.Clone();
        copy._sessions = (int[])_sessions.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        foreach (var session in _sessions)
        {
            hash.Add((long)session);
        }

        hash.Add(((ulong)(uint)_slot << 32) | (uint)_logins);
        hash.Add(_nextLogin);
    }

    protected override bool Expects(SystemCallError error) =>
        (error == SystemCallError.NoChild && Stage == Reaping) || (error == SystemCallError.NoMemory && Stage == Forked)
        || (Journald.Journal.IsLost(error) && Stage == Listening);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                Stage = Titled;
                return new Request(RequestKind.SetTitle, Path: "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups");
            case Titled:
                Stage = Listening;
                _nextLogin = last.Now.Nanoseconds + NextArrivalAfter(MeanGap);
                return Journald.Journal.Line(LogLineBytes);
            case Forked:
                _sessions[_slot] = last.IsError ? 0 : (int)last.Value;   // "error: fork: Cannot allocate memory": the client goes away
                return Reap();
            case Reaping when last.ChildPid > 0:
                Free(last.ChildPid);
                return Reap();
            case Reaping when last.Signal == Signal.None:
                return Listen(last);
            default:
                return Reap();
        }
    }

    private Request Reap()
    {
        Stage = Reaping;
        return new Request(RequestKind.WaitChild, 1);
    }

    private void Free(int pid)
    {
        var slot = Array.IndexOf(_sessions, pid);
        if (slot >= 0)
        {
            _sessions[slot] = 0;
        }
    }

    /// <summary>Waits for the next login, or lets it in; a login that finds all places taken goes away.</summary>
    private Request Listen(in Reply last)
    {
        Stage = Listening;
        while (_nextLogin <= last.Now.Nanoseconds)
        {
            _nextLogin += NextArrivalAfter(MeanGap);
            _slot = Array.IndexOf(_sessions, 0);
            if (_slot >= 0)
            {
                Stage = Forked;
                return new Request(RequestKind.Fork, Program: MakeSession());
            }
        }

        return new Request(RequestKind.Poll, Request.NoDescriptor, _nextLogin, C: 1);
    }

    private Launch MakeSession()
    {
        var person = _people[Random.NextBelow((ulong)_people.Length)];
        var login = new SshLogin(person, _slot, ++_logins);
        return new Launch(Executable, new SshMonitor(Setting, login), new Request(RequestKind.SetOomScoreAdj), new Request(RequestKind.SetSession));
    }
}
