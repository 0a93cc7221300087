using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs;

/// <summary>sync: has all dirty data written, and waits for it.</summary>
public sealed class SyncCommand : SpawnedCommand
{
    private const byte Asked = 1;
    private const byte Answered = 2;

    private byte _step;

    public override ProgramImage Image => Images.Sync;

    public override string CommandLine => "sync\0";

    public override string Name => "sync";

    public override bool IsAnswered => _step == Answered;

    public override int ExitStatus => 0;

    public override Request Next(in Reply last)
    {
        _step++;
        return _step == Asked ? new Request(RequestKind.Sync) : new Request(RequestKind.Exit);
    }

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();   // fields are plain values

    public override void HashInto(StateHash hash) => hash.Add((ulong)_step);
}
