using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs.Ssh;

/// <summary>The half of a session that runs as the user: starts the shell on the terminal and waits for it.</summary>
internal sealed class SshUserProcess(ProgramSetting setting, SshLogin login) : Service(setting, $"user#{login.Serial}")
{
    private const int Begin = 0;
    private const int Identified = 1;
    private const int Titled = 2;
    private const int Running = 3;
    private const int Forked = 4;
    private const int Waiting = 5;
    private const int Polling = 6;

    private const ulong UsedCodeBytes = 192 << 10;

    public override ProgramImage Image => SshMonitor.Executable;

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add((long)login.Serial);
    }

    public override ulong HandledSignals => 1UL << (int)Signal.Child;

    protected override bool Expects(SystemCallError error) => error == SystemCallError.NoChild && Stage == Waiting;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                Stage = Identified;
                return new Request(RequestKind.SetIdentity, login.Person.Uid, login.Person.Gid);
            case Identified:
                Stage = Titled;
                return new Request(RequestKind.SetTitle, Path: $"sshd-session: {login.Person.Name}@pts/{login.Slot}");
            case Titled:
                Stage = Running;
                return ProgramCode.Run(UsedCodeBytes);
            case Running:
                Stage = Forked;
                return new Request(RequestKind.Fork, Program: new Launch(
                    Image, new LoginShell(Setting, login.Person, $"shell#{login.Serial}"),
                    new Request(RequestKind.SetSession, (ulong)login.Terminal)));
            case Forked or Polling:
                Stage = Waiting;
                return new Request(RequestKind.WaitChild, 1);
            case Waiting when !last.IsError && last.ChildPid == 0 && last.Signal == Signal.None:
                Stage = Polling;
                return new Request(RequestKind.Poll, Request.NoDescriptor, C: 1);
            case Waiting when !last.IsError && last.ChildPid == 0:
                return new Request(RequestKind.WaitChild, 1);
            default:
                return Exit();
        }
    }
}
