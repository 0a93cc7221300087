using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Maps one chunk after the other and writes it, at a speed, and never gives any back: up to a size, or for ever.</summary>
internal sealed class LeakMemory(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const ulong DefaultChunk = 1 << 20;

    private const int Start = 0;
    private const int Leak = 1;
    private const int Mapped = 2;
    private const int End = 3;

    private ulong _leaked;

    private ulong Chunk => Parameters.ChunkBytes > 0 ? Parameters.ChunkBytes : DefaultChunk;

    protected override Request Advance(in Reply last)
    {
        if (Stage == Start)
        {
            StartPacing(last);
            Stage = Leak;
        }

        if (Stage == Mapped)
        {
            Stage = Leak;
            _leaked += Chunk;
            return new Request(RequestKind.Touch, (ulong)last.Value, Chunk, (ulong)TouchKind.Write);
        }

        if (Stage == End)
        {
            return Exit();
        }

        if (Parameters.SizeBytes > 0 && _leaked >= Parameters.SizeBytes)
        {
            Stage = End;
            return Hold();
        }

        if (IsAhead(last, _leaked, out var wait))
        {
            return wait;
        }

        Stage = Mapped;
        return new Request(RequestKind.Mmap, Chunk, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous));
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_leaked);
    }
}
