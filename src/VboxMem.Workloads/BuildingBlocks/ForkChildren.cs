using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Writes memory once and forks children, each of which writes a part of it (copy-on-write), holds it and exits; reaps them.</summary>
internal sealed class ForkChildren(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const int Map = 0;
    private const int Mapped = 1;
    private const int Fork = 2;
    private const int Reap = 3;
    private const int Child = 4;
    private const int ChildHolds = 5;
    private const int End = 6;

    private ulong _address;
    private ulong _forked;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Map:
                Stage = Mapped;
                return new Request(RequestKind.Mmap, Parameters.SizeBytes, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous));
            case Mapped:
                _address = (ulong)last.Value;
                Stage = Fork;
                return new Request(RequestKind.Touch, _address, Parameters.SizeBytes, (ulong)TouchKind.Write);
            case Fork when _forked < Parameters.Count:
                _forked++;
                return new Request(RequestKind.Fork, Program: MakeChild());
            case Fork:
                Stage = Reap;
                return new Request(RequestKind.WaitChild);
            case Reap when last.Value > 0:
                return new Request(RequestKind.WaitChild);
            case Child:
                Stage = ChildHolds;
                return new Request(RequestKind.Touch, _address, Parameters.PartBytes, (ulong)TouchKind.Write);
            case ChildHolds:
                Stage = End;
                return Hold();
            default:
                return Exit();
        }
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_address);
        hash.Add(_forked);
    }

    /// <summary>No child is left: the end of reaping.</summary>
    protected override bool Expects(SystemCallError error) => error == SystemCallError.NoChild;

    private ForkChildren MakeChild()
    {
        var child = (ForkChildren)Clone();
        child.Stage = Child;
        return child;
    }
}
