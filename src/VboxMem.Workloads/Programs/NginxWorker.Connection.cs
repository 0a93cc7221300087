// One connection of a worker, from accept to close: a step for each system call, each told how the one before has gone.

using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Programs;

internal sealed partial class NginxWorker
{
    private Request TakeConnection(in Reply last)
    {
        if (last.IsError)
        {
            Stage = Idle;
            return NginxShared.ErrorLine(_errorLog);
        }

        _connections.Open(_slot, last.Value, (int)Random.NextBelow((ulong)_shared.Clients.Count));
        Stage = Buffer;
        return UseBuffer(_heap.Allocate(ConnectionBytes));
    }

    private Request UseBuffer(HeapStep step)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        if (step.Address == 0)
        {
            _isBroken = true;
            return HangUp();
        }

        _connections.SetBuffer(_slot, step.Address);
        return ReadRequest();
    }

    private Request ReadRequest()
    {
        Stage = Read;
        var bytes = RequestHeaderBytes + (ulong)(Asker.UserAgent.Length + _shared.Site.UrlLengthOf(_item));
        return new Request(RequestKind.Read, _connections.DescriptorOf(_slot), bytes);
    }

    private Request MakePage()
    {
        var page = _shared.Site.PageOf(_item);
        _sent = page.Bytes;
        Stage = Made;
        var pages = ((ulong)page.Bytes >> UserPageShift) + 1;
        return Write(_pageBuffer, page.Bytes) with { D = page.Nanoseconds / pages };
    }

    private Request OpenFile()
    {
        Stage = Opened;
        return new Request(RequestKind.Open, (ulong)Kernel.PageCache.OpenFlags.Create, _shared.Site.BytesOf(_item), Path: _shared.Site.PathOf(_item));
    }

    private Request BeginFile(in Reply last)
    {
        _sent = 0;
        if (last.IsError)
        {
            _sent = ErrorPageBytes;   // 500, and a line in the error log
            Stage = Made;
            return NginxShared.ErrorLine(_errorLog);
        }

        _file = (ulong)last.Value;
        return Send();
    }

    private Request Send()
    {
        Stage = Sent;
        var left = _shared.Site.BytesOf(_item) - _sent;
        return left == 0
            ? CloseFile()
            : new Request(RequestKind.SendFile, _file, Math.Min(left, MostSentAtOnce), _connections.DescriptorOf(_slot));
    }

    private Request SendOn(in Reply last)
    {
        _isBroken = last.IsError;
        if (last.Value <= 0)
        {
            return CloseFile();   // an error, or the file is shorter than it was
        }

        _sent += (ulong)last.Value;
        return Send();
    }

    private Request CloseFile()
    {
        Stage = FileClosed;
        return new Request(RequestKind.Close, _file);
    }

    private Request Respond(ulong bytes)
    {
        Stage = Responded;
        return new Request(RequestKind.Respond, _connections.DescriptorOf(_slot), bytes, _asked, Path: Setting.Name);
    }

    private Request AddLine(in Reply last)
    {
        _line = AccessLog.LineBytes(Asker, _shared.Site.UrlLengthOf(_item), _sent);
        return _log.HasRoomFor(_line) ? EndRequest(last) : Flush();
    }

    private Request EndRequest(in Reply last)
    {
        if (_log.Waiting == 0)
        {
            _flushDue = last.Now.Nanoseconds + FlushEvery;
        }

        _log.Add(_line);
        _line = 0;
        return Random.NextBelow(RequestsInConnection) == 0 ? HangUp() : NextEvent(last);
    }

    private Request Flush()
    {
        Stage = LogTouched;
        return Write(_logBuffer, _log.Waiting);
    }

    /// <summary>The buffer is written; or could not be, and its lines are lost.</summary>
    private Request EndFlush(in Reply last)
    {
        _log.Empty();
        return _line > 0 ? EndRequest(last) : NextEvent(last);
    }

    private Request HangUp()
    {
        Stage = HungUp;
        return new Request(RequestKind.Close, _connections.DescriptorOf(_slot));
    }

    private Request FreeBuffer(in Reply last)
    {
        var buffer = _connections.Forget(_slot);
        Stage = Freed;
        return buffer != 0 && _heap.Free(buffer) is { IsDone: false } step ? step.Request : EndConnection(last);
    }

    private Request EndConnection(in Reply last)
    {
        if (!_isBroken)
        {
            return NextEvent(last);
        }

        _isBroken = false;
        Stage = Idle;
        return NginxShared.ErrorLine(_errorLog);
    }
}
