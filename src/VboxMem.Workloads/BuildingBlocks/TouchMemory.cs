using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>
/// Maps memory in one piece and writes every page of it: once, several times or for ever, at a speed; then holds it. If it is to be
/// built first, a pass at full speed that does not count comes before the others.
/// </summary>
internal sealed class TouchMemory(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const ulong DefaultChunk = 1 << 20;

    private const int Map = 0;
    private const int Mapped = 1;
    private const int Touch = 2;
    private const int Rest = 3;
    private const int End = 4;
    private const int Build = 5;

    private ulong _address;
    private ulong _offset;
    private ulong _pass;
    private ulong _total;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Map:
                Stage = Mapped;
                return new Request(RequestKind.Mmap, Parameters.SizeBytes, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous));
            case Mapped:
                _address = (ulong)last.Value;
                StartPacing(last);
                if (Parameters.IsBuiltFirst)
                {
                    Stage = Build;
                    return TouchChunk();
                }

                Stage = Touch;
                return TouchOn(last);
            case Build when _offset < Parameters.SizeBytes:
                return TouchChunk();
            case Build:
                _offset = 0;
                _total = 0;
                StartPacing(last);
                Stage = Touch;
                return TouchOn(last);
            case Touch:
                return TouchOn(last);
            case Rest:
                Stage = Touch;
                StartPacing(last);
                _total = 0;
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
        hash.Add(_total);
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

            if (Parameters.Pause.Nanoseconds > 0)
            {
                Stage = Rest;
                return new Request(RequestKind.Sleep, Parameters.Pause.Nanoseconds);
            }
        }

        if (IsAhead(last, _total, out var wait))
        {
            return wait;
        }

        return TouchChunk();
    }

    private Request TouchChunk()
    {
        var chunk = Math.Min(Parameters.ChunkBytes > 0 ? Parameters.ChunkBytes : DefaultChunk, Parameters.SizeBytes - _offset);
        var request = new Request(RequestKind.Touch, _address + _offset, chunk, (ulong)(Parameters.IsZero ? TouchKind.WriteZeros : TouchKind.Write));
        _offset += chunk;
        _total += chunk;
        return request;
    }
}
