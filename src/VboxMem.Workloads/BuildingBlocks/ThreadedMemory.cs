using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;
using VboxMem.Workloads.Malloc;
using VboxMem.Workloads.Threads;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Makes threads that each malloc and write memory, hold it and free it; joins them all, as often as it is to, and exits.</summary>
internal sealed class ThreadedMemory(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const int Create = 0;
    private const int Creating = 1;
    private const int Join = 2;
    private const int Drop = 3;
    private const int Rest = 4;

    private List<ulong> _stacks = [];
    private ThreadCreation _creation;
    private ulong _pass;

    public override UserSharedState MakeShared() => new LibraryState();

    protected override Request Advance(in Reply last)
    {
        var shared = (LibraryState)last.Shared!;
        switch (Stage)
        {
            case Create or Rest:
                Stage = Creating;
                return _creation.Begin(shared);
            case Creating:
                return CreateOn(last, shared);
            case Join:
                return JoinOn(shared);
            default:
                return DropOn(shared);
        }
    }

    public override UserProgram Clone()
    {
        var copy = (ThreadedMemory)base.Clone();
        copy._stacks = [.. _stacks];
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _creation.HashInto(hash);
        hash.Add(_pass);
        foreach (var stack in _stacks)
        {
            hash.Add(stack);
        }
    }

    /// <summary>The thread that is joined has ended before it was waited for.</summary>
    protected override bool Expects(SystemCallError error) => error == SystemCallError.Again && Stage == Join;

    private Request CreateOn(in Reply last, LibraryState shared)
    {
        var thread = _creation.NeedsProgram ? new ThreadOfMemory(Image.Comm, Parameters, _creation.Stack) : null;
        var request = _creation.Resume(last, thread);
        if (request.Kind != RequestKind.None)
        {
            return request;
        }

        _stacks.Add(_creation.Stack);
        if ((ulong)_stacks.Count < Parameters.Count)
        {
            return _creation.Begin(shared);
        }

        Stage = Join;
        return JoinOn(shared);
    }

    private Request JoinOn(LibraryState shared)
    {
        while (_stacks.Count > 0)
        {
            var address = ThreadStacks.TidAddress(_stacks[0]);
            var tid = shared.Load(address);
            if (tid != 0)
            {
                return new Request(RequestKind.FutexWait, address, tid);
            }

            shared.Stacks.Cache(_stacks[0]);
            _stacks.RemoveAt(0);
            if (shared.Stacks.TryDrop(out var dropped))
            {
                Stage = Drop;
                return Unmap(dropped);
            }
        }

        _pass++;
        if (Parameters.Passes != 0 && _pass == Parameters.Passes)
        {
            return Exit();
        }

        Stage = Rest;
        return new Request(RequestKind.Sleep, Parameters.Pause.Nanoseconds);
    }

    private Request DropOn(LibraryState shared)
    {
        if (shared.Stacks.TryDrop(out var dropped))
        {
            return Unmap(dropped);
        }

        Stage = Join;
        return JoinOn(shared);
    }

    private static Request Unmap(ulong stack) => new(RequestKind.Munmap, stack, ThreadStacks.MappingBytes);

    /// <summary>A thread: mallocs and writes chunk after chunk, holds them, frees them in that order, and ends.</summary>
    private sealed class ThreadOfMemory(string name, ProgramParameters parameters, ulong stack) : BuildingBlock(name, parameters)
    {
        private const ulong DefaultChunk = 64 << 10;
        private const ulong FramesBytes = 8 << 10;

        private const int Begin = 0;
        private const int Start = 1;
        private const int Allocate = 2;
        private const int Write = 3;
        private const int Release = 4;
        private const int Freeing = 5;
        private const int Left = 6;

        private ThreadMalloc _malloc = new(-1);
        private List<ulong> _chunks = [];
        private int _freed;
        private ulong _done;

        private ulong Chunk => Math.Min(Parameters.ChunkBytes > 0 ? Parameters.ChunkBytes : DefaultChunk, Parameters.SizeBytes - _done);

        public override UserProgram Clone()
        {
            var copy = (ThreadOfMemory)base.Clone();
            copy._chunks = [.. _chunks];
            return copy;
        }

        public override void HashInto(StateHash hash)
        {
            base.HashInto(hash);
            hash.Add(stack);
            hash.Add(_done);
            hash.Add((long)_freed);
            foreach (var chunk in _chunks)
            {
                hash.Add(chunk);
            }

            _malloc.HashInto(hash);
        }

        protected override Request Advance(in Reply last)
        {
            var shared = (LibraryState)last.Shared!;
            switch (Stage)
            {
                case Begin:
                    Stage = Start;
                    return new Request(
                        RequestKind.Touch, stack + ThreadStacks.MappingBytes - FramesBytes - 4096, FramesBytes, (ulong)TouchKind.Write);
                case Start:
                    StartPacing(last);
                    return Go(last, shared);
                case Allocate:
                    return Use(_malloc.Resume(shared, last));
                case Write:
                    return Go(last, shared);
                case Release:
                    return FreeOn(shared, default);
                case Freeing:
                    return FreeOn(shared, _malloc.Resume(shared, last));
                default:
                    return new Request(RequestKind.ExitThread);
            }
        }

        /// <summary>The lock was free again before it was waited for; a refused mapping is malloc's answer of nothing.</summary>
        protected override bool Expects(SystemCallError error) => Stage is Allocate or Freeing;

        private Request Go(in Reply last, LibraryState shared)
        {
            if (_done >= Parameters.SizeBytes)
            {
                Stage = Release;
                return Hold();
            }

            if (IsAhead(last, _done, out var wait))
            {
                return wait;
            }

            Stage = Allocate;
            return Use(_malloc.Allocate(shared, Chunk));
        }

        /// <param name="shared">What the threads share.</param>
        /// <param name="step">How far freeing a chunk has come.</param>
        private Request FreeOn(LibraryState shared, HeapStep step)
        {
            while (step.IsDone && _freed < _chunks.Count)
            {
                step = _malloc.Free(shared, _chunks[_freed++]);
            }

            if (!step.IsDone)
            {
                Stage = Freeing;
                return step.Request;
            }

            _malloc.Detach(shared);
            Stage = Left;
            var (start, length) = ThreadStacks.AdvisedAtEnd(stack);
            return new Request(RequestKind.Madvise, start, length, (ulong)Advice.DontNeed);
        }

        private Request Use(HeapStep step)
        {
            if (!step.IsDone)
            {
                return step.Request;
            }

            if (step.Address == 0)
            {
                return new Request(RequestKind.Exit, 1);
            }

            var bytes = Chunk;
            _chunks.Add(step.Address);
            Stage = Write;
            _done += bytes;
            return new Request(RequestKind.Touch, step.Address, bytes, (ulong)TouchKind.Write);
        }
    }
}
