using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Programs.Journald;

namespace VboxMem.Workloads.Programs.Ssh;

/// <summary>sshd-session [priv]: lets a user in, as root, and waits until the session is over.</summary>
internal sealed class SshMonitor : Service
{
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/lib/openssh/sshd-session", 688, 386, 16, 11,
        [
            SharedLibraries.Crypt, SharedLibraries.Audit, SharedLibraries.Pam, SharedLibraries.Selinux, SharedLibraries.Gssapi,
            SharedLibraries.Kerberos, SharedLibraries.Crypto, SharedLibraries.Zlib, SharedLibraries.Pcre, SharedLibraries.Libc,
        ]);

    /// <summary>Key exchange and signatures.</summary>
    private const ulong HandshakeNanoseconds = 9_000_000;
    private const uint LogLineBytes = 130;

    private const int Begin = 0;
    private const int Authenticating = 1;
    private const int Accepted = 2;
    private const int Joined = 3;
    private const int Forked = 4;
    private const int Waiting = 5;
    private const int Polling = 6;
    private const int Closed = 7;

    private readonly SshLogin _login;
    private FileGlances _glances;

    public SshMonitor(ProgramSetting setting, SshLogin login)
        : base(setting, $"monitor#{login.Serial}")
    {
        _login = login;
        _glances = new FileGlances(["/etc/passwd", "/etc/group", "/etc/pam.d/sshd", $"{login.Person.Home}/.ssh/authorized_keys"]);
    }

    public override ProgramImage Image => Executable;

    public override string CommandLine => $"sshd-session: {_login.Person.Name} [priv]\0";

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _glances.HashInto(hash);
        hash.Add((long)_login.Serial);
    }

    public override ulong HandledSignals => 1UL << (int)Signal.Child;

    protected override bool Expects(SystemCallError error) =>
        (Journal.IsLost(error) && Stage is Accepted or Closed) || (error == SystemCallError.NoChild && Stage == Waiting);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                return Become(Authenticating, new Request(RequestKind.Compute, HandshakeNanoseconds));
            case Authenticating when _glances.TryNext(last, out var glance):
                return glance;
            case Authenticating:
                return Become(Accepted, Journal.Line(LogLineBytes));
            case Accepted:
                return Become(Joined, new Request(RequestKind.JoinCgroup, Path: _login.Cgroup));
            case Joined:
                return Become(Forked, new Request(RequestKind.Fork, Program: new SshUserProcess(Setting, _login)));
            case Forked or Polling:
                return Become(Waiting, new Request(RequestKind.WaitChild, 1));
            case Waiting when !last.IsError && last.ChildPid == 0:
                return last.Signal == Signal.Child
                    ? new Request(RequestKind.WaitChild, 1)
                    : Become(Polling, new Request(RequestKind.Poll, Request.NoDescriptor, C: 1));
            case Waiting:
                return Become(Closed, Journal.Line(LogLineBytes));
            default:
                return Exit();
        }
    }

    private Request Become(int stage, in Request request)
    {
        Stage = stage;
        return request;
    }
}
