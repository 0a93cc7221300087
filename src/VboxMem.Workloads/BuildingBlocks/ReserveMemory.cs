using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>
/// Maps one chunk after the other up to a size, or until the kernel refuses one, and touches none of it; then holds what it got. With
/// nothing got at all it exits with code 1.
/// </summary>
internal sealed class ReserveMemory(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const int Reserve = 0;
    private const int Asked = 1;
    private const int End = 2;

    private ulong _reserved;

    private ulong Chunk => Parameters.ChunkBytes > 0 ? Parameters.ChunkBytes : Parameters.SizeBytes;

    protected override Request Advance(in Reply last)
    {
        if (Stage == Asked)
        {
            if (last.IsError)
            {
                return _reserved > 0 ? EndWithHold() : new Request(RequestKind.Exit, 1);
            }

            _reserved += Chunk;
            Stage = Reserve;
        }

        if (Stage == End)
        {
            return Exit();
        }

        if (_reserved >= Parameters.SizeBytes)
        {
            return EndWithHold();
        }

        Stage = Asked;
        return new Request(RequestKind.Mmap, Chunk, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous));
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_reserved);
    }

    /// <summary>A refusal is what the program is there to find.</summary>
    protected override bool Expects(SystemCallError error) => error == SystemCallError.NoMemory;

    private Request EndWithHold()
    {
        Stage = End;
        return Hold();
    }
}
