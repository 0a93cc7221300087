using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Maps a file, shared or private, and reads or writes all of it through the mapping: so many times, at a speed.</summary>
internal sealed class MapFile(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const ulong DefaultChunk = 1 << 20;

    private const int Open = 0;
    private const int Opened = 1;
    private const int Mapped = 2;
    private const int Touch = 3;
    private const int End = 4;

    private ulong _address;
    private ulong _offset;
    private ulong _pass;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Open:
                Stage = Opened;
                var rights = Parameters is { IsWrite: true, IsShared: true } ? OpenFlags.Write : OpenFlags.Read;
                return new Request(RequestKind.Open, (ulong)(OpenFlags.Create | rights), Parameters.SizeBytes, Path: Parameters.Path);
            case Opened:
                Stage = Mapped;
                var flags = MapFlags.Read | (Parameters.IsWrite ? MapFlags.Write : 0) | (Parameters.IsShared ? MapFlags.Shared : 0);
                return new Request(RequestKind.Mmap, Parameters.SizeBytes, (ulong)flags, (ulong)last.Value);
            case Mapped:
                _address = (ulong)last.Value;
                StartPacing(last);
                Stage = Touch;
                return TouchOn(last);
            case Touch:
                return TouchOn(last);
            default:
                return Exit();
        }
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_address);
        hash.Add(_offset);
        hash.Add(_pass);
    }

    private Request TouchOn(in Reply last)
    {
        if (_offset == Parameters.SizeBytes)
        {
            _offset = 0;
            _pass++;
            if (Parameters.Passes != 0 && _pass == Parameters.Passes)
            {
                Stage = End;
                return Hold();
            }
        }

        if (IsAhead(last, (_pass * Parameters.SizeBytes) + _offset, out var wait))
        {
            return wait;
        }

        var chunk = Math.Min(Parameters.ChunkBytes > 0 ? Parameters.ChunkBytes : DefaultChunk, Parameters.SizeBytes - _offset);
        var kind = Parameters.IsWrite ? TouchKind.Write : TouchKind.Read;
        var request = new Request(RequestKind.Touch, _address + _offset, chunk, (ulong)kind);
        _offset += chunk;
        return request;
    }
}
